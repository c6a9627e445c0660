#include "onednn.h"

#include <omp.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <unordered_map>

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
  }
  throw std::invalid_argument("unknown kind of array");
}

namespace {

std::atomic<int> threads{0};  // 0: as many as there are processors

// The stream of this thread. OpenMP counts threads for each thread that starts some.
dnnl::stream& stream() {
  thread_local dnnl::stream own(cpu());
  thread_local int counted = 0;
  if (threads != counted) {
    counted = threads;
    omp_set_num_threads(counted > 0 ? counted : omp_get_num_procs());
  }
  return own;
}

constexpr size_t kAlignment = 64;
constexpr size_t kMostPlans = 4096;

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

std::shared_mutex plans_lock;
std::unordered_map<std::string, std::shared_ptr<const Plan>>& plans() {
  static auto* kept = new std::unordered_map<std::string, std::shared_ptr<const Plan>>();
  return *kept;
}

// Memory of this thread that lives until its next call for the same `slot`.
void* scratch(size_t slot, size_t bytes) {
  thread_local std::vector<std::unique_ptr<Block>> blocks;
  while (blocks.size() <= slot) blocks.push_back(std::make_unique<Block>());
  return blocks[slot]->grown(bytes);
}

}  // namespace

dnnl::primitive_attr shared_attr() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
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

std::shared_ptr<const Plan> find_plan(const std::string& key) {
  std::shared_lock hold(plans_lock);
  auto found = plans().find(key);
  return found == plans().end() ? nullptr : found->second;
}

std::shared_ptr<const Plan> keep_plan(const std::string& key, Plan plan) {
  auto kept = std::make_shared<const Plan>(std::move(plan));
  std::unique_lock hold(plans_lock);
  if (plans().size() >= kMostPlans) plans().clear();
  plans()[key] = kept;
  return kept;
}

void Plan::reads(int name, const Desc& given, const Desc& wanted) {
  Argument argument{name, given, wanted, {}, {}};
  if (given != wanted)
    argument.before = dnnl::reorder(dnnl::reorder::primitive_desc(cpu(), given, cpu(), wanted));
  arguments_.push_back(std::move(argument));
}

void Plan::writes(int name, const Desc& given, const Desc& wanted) {
  Argument argument{name, given, wanted, {}, {}};
  if (given != wanted)
    argument.after = dnnl::reorder(dnnl::reorder::primitive_desc(cpu(), wanted, cpu(), given));
  arguments_.push_back(std::move(argument));
}

void Plan::run(const std::vector<void*>& data) const {
  dnnl::stream& on = stream();
  std::unordered_map<int, dnnl::memory> memories;
  for (size_t i = 0; i < arguments_.size(); ++i) {
    const Argument& a = arguments_[i];
    bool moves = a.before || a.after;
    void* at = moves ? scratch(i + 1, a.wanted.get_size()) : data[i];
    auto& memory = memories[a.name] = dnnl::memory(a.wanted, cpu(), at);
    if (a.before) {
      dnnl::memory given(a.given, cpu(), data[i]);
      a.before.execute(on, given, memory);
    }
  }
  if (size_t bytes = scratchpad_.get_size())
    memories[DNNL_ARG_SCRATCHPAD] = dnnl::memory(scratchpad_, cpu(), scratch(0, bytes));
  primitive_.execute(on, memories);
  for (size_t i = 0; i < arguments_.size(); ++i)
    if (arguments_[i].after) {
      dnnl::memory given(arguments_[i].given, cpu(), data[i]);
      arguments_[i].after.execute(on, memories[arguments_[i].name], given);
    }
  on.wait();
}

}  // namespace tidefall

extern "C" TIDEFALL_VISIBLE void tidefall_set_threads(int count) { tidefall::threads = count; }

extern "C" TIDEFALL_VISIBLE const char* tidefall_onednn_version() {
  static const std::string text = [] {
    const dnnl_version_t* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
           std::to_string(v->patch);
  }();
  return text.c_str();
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
