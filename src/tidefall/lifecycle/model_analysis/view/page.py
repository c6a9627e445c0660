"""One HTML page with everything in it: figures and a table; it loads nothing and works from a disk.

It is light or dark as the reader's system is. A page that would pass two megabytes tells how many
rows it left out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from tidefall.io.file_systems.whole_files import whole_file
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.view.figures import Figure

MAX_BYTES = 1_900_000
"""What a page may hold."""
_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2430;--line:#d9dee6;--soft:#f4f6f9}
@media(prefers-color-scheme:dark){:root{--bg:#14181f;--fg:#e6eaf0;--line:#323b48;--soft:#1d232d}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1180px;padding:20px;background:var(--bg);
color:var(--fg);font:14px/1.45 system-ui,sans-serif}h1{font-size:20px;margin:0 0 4px}
.muted{opacity:.75}.bar{display:flex;gap:10px;flex-wrap:wrap;margin:12px 0}
label{display:flex;flex-direction:column;font-size:12px}
input,select{font:inherit;padding:5px 9px;border:1px solid var(--line);border-radius:6px;
background:var(--soft);color:inherit;min-width:160px;max-width:100%}
.figures{display:flex;flex-wrap:wrap;gap:18px}figure{margin:0;max-width:100%}
svg{max-width:100%;height:auto}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px;margin-top:14px}
th,td{padding:4px 9px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
tbody tr:hover{background:var(--soft)}caption{text-align:left;padding:4px 0;opacity:.75}
[hidden]{display:none!important}
"""
_SCRIPT = """
const at=id=>document.getElementById(id),choice=at('choice'),find=at('find'),least=at('least');
function show(){
if(choice)document.querySelectorAll('figure').forEach(f=>{f.hidden=f.dataset.group!==choice.value});
const text=find?find.value.toLowerCase():'',low=least?+least.value||0:0;let seen=0;
document.querySelectorAll('tbody tr').forEach(r=>{
r.hidden=!r.cells[0].textContent.toLowerCase().includes(text)||
(r.dataset.count!==undefined&&+r.dataset.count<low);seen+=!r.hidden});
if(at('none'))at('none').hidden=seen>0}
[choice,find,least].forEach(e=>e&&e.addEventListener('input',show));
document.querySelectorAll('th button').forEach(b=>b.addEventListener('click',()=>{
const th=b.parentElement,body=th.closest('table').tBodies[0],column=th.cellIndex,
up=th.getAttribute('aria-sort')==='descending';
document.querySelectorAll('th[aria-sort]').forEach(h=>h.removeAttribute('aria-sort'));
th.setAttribute('aria-sort',up?'ascending':'descending');
const key=r=>{const c=r.cells[column],v=c.dataset.v;return v===undefined?c.textContent:+v};
const empty=v=>typeof v==='number'&&isNaN(v);
[...body.rows].sort((a,b)=>{const x=key(a),y=key(b);
if(empty(x)||empty(y))return empty(x)-empty(y);
return (x<y?-1:x>y?1:0)*(up?1:-1)}).forEach(r=>body.append(r))}));
show();
"""


@dataclass(frozen=True)
class Row:
    """A row of a table: its name, cells as text, numbers to sort them by, and its examples."""

    name: str
    cells: Sequence[str]
    numbers: Sequence[float | None]
    count: float | None = None


@dataclass
class View:
    """What has been rendered: a page, and its figures as images.

    In a notebook it shows itself.

    Attributes:
        title: of the page.
        figures: by name.
        columns: of the table, the first for names.
        rows: of the table.
        notes: lines below the title.
        choices: which of the figures belong together, to choose from; all are shown by default.
    """

    title: str
    figures: Mapping[str, Figure]
    columns: Sequence[str] = ()
    rows: Sequence[Row] = ()
    notes: Sequence[str] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_html(self) -> str:
        """The page, of less than two megabytes."""
        head = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>'
            f'{escape(self.title)}</title><meta name="viewport" content="width=device-width,'
            f'initial-scale=1"><style>{_STYLE}</style></head><body><h1>{escape(self.title)}</h1>'
        )
        notes = "".join(f'<div class="muted">{escape(note)}</div>' for note in self.notes)
        parts = [head, notes, self._controls()]
        size = sum(len(part.encode()) for part in parts) + len(_SCRIPT) + 10_000
        figures, left_out = [], 0
        group_of = {name: group for group, names in self.choices.items() for name in names}
        for name, figure in self.figures.items():
            group = escape(group_of.get(name, ""), quote=True)
            drawn = f'<figure data-group="{group}">{figure.to_svg()}</figure>'
            if size + len(drawn.encode()) > MAX_BYTES * 0.7:
                left_out += 1
                continue
            size += len(drawn.encode())
            figures.append(drawn)
        parts.append(f'<div class="figures">{"".join(figures)}</div>')
        if left_out:
            parts.append(f'<p class="muted">{left_out} more figures do not fit on this page.</p>')
        parts.append(self._table(MAX_BYTES - size))
        return f"{''.join(parts)}<script>{_SCRIPT}</script></body></html>"

    def _controls(self) -> str:
        found = []
        if len(self.choices) > 1:
            options = "".join(f"<option>{escape(name)}</option>" for name in self.choices)
            found.append(f'<label>Figure<select id="choice">{options}</select></label>')
        if len(self.rows) > 1:
            found.append('<label>Search<input id="find" type="search"></label>')
            if any(row.count is not None for row in self.rows):
                found.append(
                    '<label>Examples at least<input id="least" type="number" min="0" value="0">'
                    "</label>"
                )
        return f'<div class="bar">{"".join(found)}</div>' if found else ""

    def _table(self, room: int) -> str:
        if not self.columns:
            return ""
        heads = "".join(
            f'<th scope="col"><button type="button">{escape(name)}</button></th>'
            for name in self.columns
        )
        lines, told = [], 0
        for row in self.rows:
            count = "" if row.count is None else f' data-count="{row.count:.17g}"'
            cells = "".join(
                f"<td>{escape(text)}</td>"
                if value is None
                else f'<td data-v="{value:.17g}">{escape(text)}</td>'
                for text, value in zip(row.cells, row.numbers, strict=True)
            )
            line = f"<tr{count}><td>{escape(row.name)}</td>{cells}</tr>"
            room -= len(line.encode())
            if room < 0:
                break
            lines.append(line)
            told += 1
        more = len(self.rows) - told
        note = f" of {len(self.rows)}; the others do not fit on this page" if more else ""
        return (
            f'<div class="wide"><table><caption>{told} rows{note}</caption><thead><tr>{heads}'
            f"</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
            '<p id="none" class="muted" hidden>No row is like that.</p>'
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: the page in a frame."""
        page = escape(self.to_html(), quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:640px;border:0"></iframe>'

    def save(self, path: str | os.PathLike[str], figure: str | None = None) -> None:
        """Write the page, or a figure of it.

        Args:
            path: ends with .html for the page, .svg or .png for a figure.
            figure: its name; by default the first.

        Raises:
            InvalidArgumentError: it ends with something else, or there is no such figure.
        """
        ending = Path(path).suffix.lower()
        if ending in (".html", ".htm"):
            content = self.to_html().encode()
        elif ending in (".svg", ".png"):
            chosen = self._figure(figure)
            content = chosen.to_png() if ending == ".png" else chosen.to_svg(True).encode()
        else:
            raise invalid(f"{os.fspath(path)}: expected a name with .html, .svg or .png")
        with whole_file(os.fspath(path)) as file:
            file.write(content)

    def _figure(self, name: str | None) -> Figure:
        name = next(iter(self.figures), "") if name is None else name
        if name not in self.figures:
            raise invalid(f"no figure {name!r}; there are {list(self.figures)}")
        return self.figures[name]
