import sys, collections
sys.path.insert(0, str(__import__("pathlib").Path(__file__).parent))
from importgraph import edges, modules
import moves
root = sys.argv[1]
mods = modules(root)
mp = moves.module_map(list(mods))
new = lambda m: mp.get(m, m)
listed = set()
for room, folder, names in moves.ROOMS:
    for item in names.split():
        old = ".".join(p for p in ("tidefall", folder, item.partition("=")[0]) if p)
        listed.add(old)
        if old not in mods: print("not there:", old)
left = [m for m in mods if m not in listed and m.split(".")[1:2] and m.split(".")[1] in ("core","ops","graph","runtime","function","io","data","saving","summary","compat") and m not in mp and not mods[m][1]]
keep = ("tidefall.ops.numpy","tidefall.ops.image","tidefall.ops.linalg.","tidefall.ops.lookup","tidefall.ops.quantization","tidefall.ops.queues","tidefall.ops.signal","tidefall.ops.strings.","tidefall.ops.structured","tidefall.ops.xla","tidefall.graph.passes","tidefall.function.autograph","tidefall.saving.saved_model","tidefall.compat.tensorflow")
print("stay:", *[m[9:] for m in left if not m.startswith(keep)])
inv = collections.Counter(new(m) for m in mods)
for k, n in inv.items():
    if n > 1: print("collision", k, [m for m in mods if new(m) == k])
counts = collections.Counter(new(m).rpartition(".")[0] for m in mods)
print("max:", [(k, n) for k, n in counts.most_common(12)])
L = {n: i for i, n in enumerate(moves.LAYERS)}
bad = collections.defaultdict(list)
for a, b, line, kind, sym in edges(root):
    if kind == "type": continue
    pa, pb = (new(x).split(".")[1] if "." in x else "" for x in (a, b))
    if pa == pb or not pa or not pb: continue
    if pa not in L or pb not in L:
        if pa != "__main__" and pa != "connections": print("?", a, b); 
        continue
    if L[pb] >= L[pa]: bad[pa, pb].append((new(a)[9:], new(b)[9:], sym, kind))
for (pa, pb), es in sorted(bad.items()):
    print(f"-- {pa} -> {pb}: {len(es)}")
    for e in sorted(set(es)): print("    ", *e)
