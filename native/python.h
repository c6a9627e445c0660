// What functions.cc needs of Python and NumPy, without their headers: functions of Python's stable
// interface, which functions.py hands over, and NumPy's table of functions, at numbers that are part of
// its binary interface since version 2.

#pragma once

#include <cstddef>
#include <cstdint>

namespace tidefall::python {

struct Object {
  int64_t references;
  const void* type;
};

// In the order of functions.py.
struct Api {
  void* const* numpy;
  Object* (*new_function)(void* definition, Object* self, Object* module);
  Object* (*call)(Object* function, ...);  // arguments end with a null pointer
  void (*keep)(Object*);
  void (*release)(Object*);
  long (*number)(Object*, int* too_large);  // of int
  unsigned long long (*word)(Object*);  // of int, without what is more than 64 bits
  double (*real)(Object*);
  int64_t (*list_size)(Object*);
  Object* (*list_item)(Object*, int64_t);  // borrowed
  void* (*let_others_run)();
  void (*go_on)(void* thread);
  Object* (*no_memory)();
  const void *int_type, *float_type, *list_type;
  Object *none, *yes;
};

// PyArrayObject_fields and the beginning of PyArray_Descr.
struct Dtype {
  Object object;
  const void* scalar_type;
  char kind, letter, byte_order, unused;
  int32_t number;
  uint64_t flags;
  int64_t width;
};
struct NumpyArray {
  Object object;
  char* data;
  int32_t rank;
  const int64_t *dims, *steps;
  Object* base;
  Dtype* dtype;
  int32_t flags;
};

constexpr int kBool = 0, kInt32 = 5, kUint32 = 6, kInt64 = 7, kUint64 = 8, kFloat32 = 11;  // NumPy's numbers of dtypes
constexpr int kRefersToObjects = 0x1;              // one of its flags of dtypes
constexpr int kInOnePiece = 0x1, kAligned = 0x100;  // those of arrays

extern Api api;

// A result with room for its elements; throws bad_alloc if there is none.
NumpyArray* new_array(Dtype* dtype, int32_t rank, const int64_t* dims);
Dtype* dtype_of(int number);

// An argument as an array of float32 in one piece: itself, or a copy if that is allowed. It is none, and
// the function leaves the call to what it stands in for, where the argument is anything else.
class Floats {
 public:
  explicit Floats(Object* given, bool copies = true);
  ~Floats() {
    if (copied_) api.release(&array_->object);
  }
  Floats(const Floats&) = delete;
  explicit operator bool() const { return array_; }
  int32_t rank() const { return array_->rank; }
  const int64_t* dims() const { return array_->dims; }
  const float* data() const { return reinterpret_cast<const float*>(array_->data); }
  // The product of dimensions `begin` to `end - 1`.
  int64_t size(int32_t begin, int32_t end) const {
    int64_t n = 1;
    for (int32_t i = begin; i < end; ++i) n *= array_->dims[i];
    return n;
  }
  int64_t size() const { return size(0, rank()); }

 private:
  NumpyArray* array_ = nullptr;
  bool copied_ = false;
};

// Other Python threads run meanwhile, if there is much to do.
class Unlocked {
 public:
  explicit Unlocked(int64_t elements) : thread_(elements > 20000 ? api.let_others_run() : nullptr) {}
  ~Unlocked() {
    if (thread_) api.go_on(thread_);
  }
  Unlocked(const Unlocked&) = delete;

 private:
  void* thread_;
};

}  // namespace tidefall::python
