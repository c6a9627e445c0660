// Texts cut at blanks, and looked up among keys: whole batches at once.
//
// Strings lie side by side in one array of bytes, with an array that has the end of each (int32).
//
// split_text. Inputs: texts `[bytes]` and their ends `[rows]`; which bytes to leave out `[256]`.
// Outputs: the parts `[bytes]`, their ends (with room for one part in two bytes, and one more), and the
// number of parts of each text `[rows]`. Settings: whether capitals of ASCII become small.
//
// text_index. Inputs: keys and their ends. Output: for each slot of a hash table the number of its key,
// or -1; a power of two of slots, more than there are keys.
//
// find_text. Inputs: texts and their ends, keys and their ends, the index of the keys. Output: for each
// text the number of the key that it is, or -1.

#include <cstring>

#include "kernel.h"

namespace tidefall {
namespace {

struct Texts {
  const uint8_t* bytes;
  const int32_t* ends;
  int64_t count;

  Texts(const Array& text, const Array& end)
      : bytes(static_cast<const uint8_t*>(text.data)),
        ends(static_cast<const int32_t*>(end.data)),
        count(end.size()) {
    if (text.kind != Kind::u8 || end.kind != Kind::s32)
      throw std::invalid_argument("texts are of uint8, their ends of int32");
    int32_t last = 0;
    for (int64_t i = 0; i < count; last = ends[i++])
      if (ends[i] < last) throw std::invalid_argument("a text ends before it begins");
    if (last > text.size()) throw std::invalid_argument("a text ends behind the last byte");
  }
  int64_t begin(int64_t i) const { return i ? ends[i - 1] : 0; }
  int64_t size(int64_t i) const { return ends[i] - begin(i); }
  const uint8_t* at(int64_t i) const { return bytes + begin(i); }
};

// Eight bytes at a time; most words have no more.
uint64_t hash_of(const uint8_t* text, int64_t size) {
  uint64_t hash = static_cast<uint64_t>(size);
  for (; size > 0; text += 8, size -= 8) {
    uint64_t word = 0;
    if (size >= 8) {
      std::memcpy(&word, text, 8);
    } else {
      for (int64_t i = 0; i < size; ++i) word |= static_cast<uint64_t>(text[i]) << 8 * i;
    }
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  }
  return hash;
}

bool is_blank(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The slot of a key, or the empty one where it would be.
int64_t slot_of(const Texts& keys, const Array& slots, const uint8_t* text, int64_t size) {
  const auto* numbers = static_cast<const int32_t*>(slots.data);
  const int64_t last = slots.size() - 1;
  for (int64_t slot = hash_of(text, size) & last;; slot = (slot + 1) & last) {
    const int64_t key = numbers[slot];
    if (key < 0) return slot;
    if (key >= keys.count) throw std::invalid_argument("the index is not that of the keys");
    if (keys.size(key) == size && !std::memcmp(keys.at(key), text, size)) return slot;
  }
}

void check_slots(const Array& slots, const Texts& keys) {
  const int64_t size = slots.size();
  if (slots.kind != Kind::s32 || size <= keys.count || size & (size - 1))
    throw std::invalid_argument("an index has a power of two of slots, more than there are keys");
}

}  // namespace

static void split_text(const Call& call) {
  call.expect(3, 3);
  Settings settings(call);
  const bool lower = settings.next();
  const Texts texts(call.inputs[0], call.inputs[1]);
  const Array &left_out = call.inputs[2], &parts = call.outputs[0], &ends = call.outputs[1];
  if (left_out.kind != Kind::u8 || left_out.size() != 256 || parts.kind != Kind::u8 ||
      parts.size() < call.inputs[0].size() || ends.kind != Kind::s32 ||
      ends.size() < parts.size() / 2 + texts.count || call.outputs[2].kind != Kind::s32 ||
      call.outputs[2].size() != texts.count)
    throw std::invalid_argument("there is no room for the parts");
  // What each byte becomes: 256 for a blank, 257 for nothing.
  uint16_t becomes[256];
  for (int c = 0; c < 256; ++c) {
    const int small = lower && c >= 'A' && c <= 'Z' ? c + 32 : c;
    becomes[c] = static_cast<const uint8_t*>(left_out.data)[small] ? 257
                 : is_blank(small)                                 ? 256
                                                                   : small;
  }
  auto* to = static_cast<uint8_t*>(parts.data);
  auto* end = static_cast<int32_t*>(ends.data);
  auto* count = static_cast<int32_t*>(call.outputs[2].data);
  int32_t at = 0;
  for (int64_t row = 0; row < texts.count; ++row) {
    const int32_t* first = end;
    int32_t begin = at;
    for (int64_t i = texts.begin(row); i < texts.ends[row]; ++i) {
      const uint16_t c = becomes[texts.bytes[i]];
      if (c < 256) {
        to[at++] = static_cast<uint8_t>(c);
      } else if (c == 256 && at > begin) {
        *end++ = begin = at;
      }
    }
    if (at > begin) *end++ = at;
    count[row] = static_cast<int32_t>(end - first);
  }
}

static void text_index(const Call& call) {
  call.expect(2, 1);
  const Texts keys(call.inputs[0], call.inputs[1]);
  const Array& slots = call.outputs[0];
  check_slots(slots, keys);
  auto* numbers = static_cast<int32_t*>(slots.data);
  for (int64_t i = 0; i < slots.size(); ++i) numbers[i] = -1;
  for (int64_t key = 0; key < keys.count; ++key)
    numbers[slot_of(keys, slots, keys.at(key), keys.size(key))] = static_cast<int32_t>(key);
}

static void find_text(const Call& call) {
  call.expect(5, 1);
  const Texts texts(call.inputs[0], call.inputs[1]), keys(call.inputs[2], call.inputs[3]);
  const Array &slots = call.inputs[4], &found = call.outputs[0];
  check_slots(slots, keys);
  if (found.kind != Kind::s32 || found.size() != texts.count)
    throw std::invalid_argument("there is one number for each text");
  const auto* numbers = static_cast<const int32_t*>(slots.data);
  auto* to = static_cast<int32_t*>(found.data);
  for (int64_t i = 0; i < texts.count; ++i)
    to[i] = numbers[slot_of(keys, slots, texts.at(i), texts.size(i))];
}

TIDEFALL_KERNEL(split_text)
TIDEFALL_KERNEL(text_index)
TIDEFALL_KERNEL(find_text)

}  // namespace tidefall
