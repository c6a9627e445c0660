#include "onednn.h"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <unordered_map>

#include "loops/loops.h"

// OpenMP of the process, which is oneDNN's: another compiler's own would not reach it.
extern "C" int omp_get_max_threads();
extern "C" void omp_set_num_threads(int);

namespace tidefall {

const dnnl::engine& cpu() {
  static auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::memory::data_type type_of(const Array& array) {
  using Type = dnnl::memory::data_type;
  switch (array.kind) {
    case Kind::f32:
      return Type::f32;
    case Kind::bf16:
      return Type::bf16;
    case Kind::f16:
      return Type::f16;
    case Kind::s32:
      return Type::s32;
    case Kind::s8:
      return Type::s8;
    case Kind::u8:
      return Type::u8;
    case Kind::s64:
      break;
  }
  throw std::invalid_argument("unknown kind of array");
}

dnnl::primitive_attr shared_attr() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

Alone::Alone() : before_(omp_get_max_threads()) {
  if (before_ != 1) omp_set_num_threads(1);
}

Alone::~Alone() {
  if (before_ != 1) omp_set_num_threads(before_);
}

dnnl::stream& stream() {
  thread_local dnnl::stream own(cpu());
  return own;
}

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kMostKept = 8192;

struct Block {
  void* data = nullptr;
  size_t bytes = 0;
  ~Block() { std::free(data); }
  void* grown(size_t wanted) {
    if (wanted > bytes) {
      std::free(data);
      bytes = (wanted + kAlignment - 1) / kAlignment * kAlignment;
      data = std::aligned_alloc(kAlignment, bytes);
      if (!data) {
        bytes = 0;
        throw std::bad_alloc();
      }
    }
    return data;
  }
};

std::shared_mutex kept_lock;

std::unordered_map<std::string, std::shared_ptr<const void>>& all_kept() {
  static auto* all = new std::unordered_map<std::string, std::shared_ptr<const void>>();
  return *all;
}

}  // namespace

void* scratch(size_t slot, size_t bytes) {
  thread_local std::vector<std::unique_ptr<Block>> blocks;
  while (blocks.size() <= slot) blocks.push_back(std::make_unique<Block>());
  return blocks[slot]->grown(bytes);
}

std::string plan_key(const char* kernel, const Call& call) {
  std::string key(kernel);
  auto add = [&key](const void* data, size_t bytes) {
    key.append(static_cast<const char*>(data), bytes);
  };
  for (auto* arrays : {&call.inputs, &call.outputs})
    for (const Array& a : *arrays) {
      add(&a.kind, sizeof(a.kind));
      add(&a.rank, sizeof(a.rank));
      add(a.dims, sizeof(int64_t) * a.rank);
    }
  add(call.settings, sizeof(int64_t) * call.n_settings);
  return key;
}

std::shared_ptr<const void> find_kept(const std::string& key) {
  std::shared_lock hold(kept_lock);
  auto found = all_kept().find(key);
  return found == all_kept().end() ? nullptr : found->second;
}

std::shared_ptr<const void> keep(const std::string& key, std::shared_ptr<const void> made) {
  std::unique_lock hold(kept_lock);
  if (all_kept().size() >= kMostKept) all_kept().clear();
  return all_kept()[key] = std::move(made);
}

Move::Move(const Desc& from, const Desc& to) : from_(from), to_(to) {
  if (from != to)
    reorder_ = dnnl::reorder(dnnl::reorder::primitive_desc(cpu(), from, cpu(), to));
}

void Move::run(void* from, void* to) const {
  dnnl::memory source(from_, cpu(), from), target(to_, cpu(), to);
  dnnl::reorder(reorder_).execute(stream(), source, target);
}

void Plan::reads(int name, const Desc& given, const Desc& wanted) {
  arguments_.push_back({name, true, wanted, Move(given, wanted)});
}

void Plan::writes(int name, const Desc& given, const Desc& wanted) {
  arguments_.push_back({name, false, wanted, Move(wanted, given)});
}

void* Plan::moved(size_t index, void* data, size_t slot) const {
  const Argument& a = arguments_[index];
  if (!a.move.needed()) return data;
  void* to = scratch(slot, a.wanted.get_size());
  a.move.run(data, to);
  return to;
}

void Plan::run(const std::vector<void*>& data, size_t moved) const {
  std::unordered_map<int, dnnl::memory> memories;
  std::vector<void*> places(data);
  for (size_t i = 0; i < arguments_.size(); ++i) {
    const Argument& a = arguments_[i];
    if (a.move.needed() && i != moved) {
      places[i] = scratch(i + 1, a.wanted.get_size());
      if (a.is_read) a.move.run(data[i], places[i]);
    }
    memories[a.name] = dnnl::memory(a.wanted, cpu(), places[i]);
  }
  if (size_t bytes = scratchpad_.get_size())
    memories[DNNL_ARG_SCRATCHPAD] = dnnl::memory(scratchpad_, cpu(), scratch(0, bytes));
  primitive_.execute(stream(), memories);
  for (size_t i = 0; i < arguments_.size(); ++i)
    if (!arguments_[i].is_read && places[i] != data[i]) arguments_[i].move.run(places[i], data[i]);
  stream().wait();
}

}  // namespace tidefall

extern "C" TIDEFALL_VISIBLE const char* tidefall_onednn_version() {
  static const std::string text = [] {
    const dnnl_version_t* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
           std::to_string(v->patch);
  }();
  return text.c_str();
}

// Whether the processor multiplies bfloat16; where it does not, oneDNN only imitates it.
extern "C" TIDEFALL_VISIBLE int tidefall_has_bfloat16() {
  const auto least = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & least) == least;
}

// Whether it adds up products of int8 in int32; others do so in int16 first, which may overflow.
extern "C" TIDEFALL_VISIBLE int tidefall_has_int8() {
  const auto least = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_vnni);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & least) == least;
}

// Does with fewer instructions than the processor has; before any kernel was called. Returns 0, or 1
// where the name is not known.
extern "C" TIDEFALL_VISIBLE int tidefall_limit_processor(const char* most) {
  using dnnl::cpu_isa;
  const struct {
    const char* name;
    int level;
    cpu_isa isa;
  } known[] = {
      {"sse4", 0, cpu_isa::sse41},
      {"avx2", 1, cpu_isa::avx2},
      {"avx512", 2, cpu_isa::avx512_core},
      {"avx512_vnni", 3, cpu_isa::avx512_core_vnni},
      {"avx512_bf16", 3, cpu_isa::avx512_core_bf16},
  };
  for (const auto& each : known)
    if (std::strcmp(each.name, most) == 0) {
      tidefall::limit_loops(each.level);
      dnnl::set_max_cpu_isa(each.isa);
      return 0;
    }
  return 1;
}

extern "C" TIDEFALL_VISIBLE const char* tidefall_processor() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "SSE4.1";
    case dnnl::cpu_isa::avx:
      return "AVX";
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx2_vnni:
      return "AVX2";
    case dnnl::cpu_isa::avx512_core:
    case dnnl::cpu_isa::avx512_core_vnni:
      return "AVX-512";
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_fp16:
      return "AVX-512 with bfloat16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "AMX";
    default:
      return "x86-64";
  }
}
