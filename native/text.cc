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
//
// count_parts. Inputs: texts and their ends; which bytes to leave out. Output: the number of parts of
// each text `[rows]`. Settings: whether capitals of ASCII become small.
//
// vectorize_texts does all of it in one pass. Inputs: texts and their ends; which bytes to leave out;
// keys and their ends, the index of the keys, and the value of each key (int64). Output: the values of
// each text's parts `[rows, width]`, as many as fit. Settings: whether capitals of ASCII become small;
// the value of parts that are no keys; what fills the rest of a row.

#include <algorithm>
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

uint64_t mixed(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 32;
}

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
    hash = mixed(hash, word);
  }
  return hash;
}

// The same of a text with eight bytes of memory behind it, which become zeros.
uint64_t hash_of_padded(uint8_t* text, int64_t size) {
  std::memset(text + size, 0, 8);
  uint64_t hash = static_cast<uint64_t>(size), word;
  for (int64_t i = 0; i < size; i += 8) {
    std::memcpy(&word, text + i, 8);
    hash = mixed(hash, word);
  }
  return hash;
}

bool is_blank(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The slot of a key, or the empty one where it would be.
int64_t slot_of(const Texts& keys, const Array& slots, const uint8_t* text, int64_t size,
                uint64_t hash) {
  const auto* numbers = static_cast<const int32_t*>(slots.data);
  const int64_t last = slots.size() - 1;
  for (int64_t slot = hash & last;; slot = (slot + 1) & last) {
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

// What each byte becomes: kBlank for a blank, more for nothing.
constexpr uint16_t kBlank = 256;

struct Bytes {
  uint16_t becomes[256];

  Bytes(const Array& left_out, bool lower) {
    if (left_out.kind != Kind::u8 || left_out.size() != 256)
      throw std::invalid_argument("which bytes to leave out is said of all 256");
    for (int c = 0; c < 256; ++c) {
      const int small = lower && c >= 'A' && c <= 'Z' ? c + 32 : c;
      becomes[c] = static_cast<const uint8_t*>(left_out.data)[small] ? kBlank + 1
                   : is_blank(small)                                 ? kBlank
                                                                     : small;
    }
  }
};

}  // namespace

static void split_text(const Call& call) {
  call.expect(3, 3);
  Settings settings(call);
  const bool lower = settings.next();
  const Texts texts(call.inputs[0], call.inputs[1]);
  const Bytes bytes(call.inputs[2], lower);
  const Array &parts = call.outputs[0], &ends = call.outputs[1];
  if (parts.kind != Kind::u8 || parts.size() < call.inputs[0].size() || ends.kind != Kind::s32 ||
      ends.size() < parts.size() / 2 + texts.count || call.outputs[2].kind != Kind::s32 ||
      call.outputs[2].size() != texts.count)
    throw std::invalid_argument("there is no room for the parts");
  auto* to = static_cast<uint8_t*>(parts.data);
  auto* end = static_cast<int32_t*>(ends.data);
  auto* count = static_cast<int32_t*>(call.outputs[2].data);
  int32_t at = 0;
  for (int64_t row = 0; row < texts.count; ++row) {
    const int32_t* first = end;
    int32_t begin = at;
    for (int64_t i = texts.begin(row); i < texts.ends[row]; ++i) {
      const uint16_t c = bytes.becomes[texts.bytes[i]];
      if (c < kBlank) {
        to[at++] = static_cast<uint8_t>(c);
      } else if (c == kBlank && at > begin) {
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
  for (int64_t key = 0; key < keys.count; ++key) {
    const uint8_t* text = keys.at(key);
    const int64_t size = keys.size(key);
    numbers[slot_of(keys, slots, text, size, hash_of(text, size))] = static_cast<int32_t>(key);
  }
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
  for (int64_t i = 0; i < texts.count; ++i) {
    const uint8_t* text = texts.at(i);
    const int64_t size = texts.size(i);
    to[i] = numbers[slot_of(keys, slots, text, size, hash_of(text, size))];
  }
}

static void count_parts(const Call& call) {
  call.expect(3, 1);
  Settings settings(call);
  const Texts texts(call.inputs[0], call.inputs[1]);
  const Bytes bytes(call.inputs[2], settings.next());
  const Array& counts = call.outputs[0];
  if (counts.kind != Kind::s32 || counts.size() != texts.count)
    throw std::invalid_argument("there is one number for each text");
  for (int64_t row = 0; row < texts.count; ++row) {
    int32_t count = 0;
    bool inside = false;
    for (int64_t i = texts.begin(row); i < texts.ends[row]; ++i) {
      const uint16_t c = bytes.becomes[texts.bytes[i]];
      count += c < kBlank && !inside;
      inside = c < kBlank || (inside && c > kBlank);
    }
    static_cast<int32_t*>(counts.data)[row] = count;
  }
}

constexpr int64_t kLeastBytes = 1 << 16;
// Bytes of text that are worth a thread.

static void vectorize_texts(const Call& call) {
  call.expect(7, 1);
  Settings settings(call);
  const bool lower = settings.next();
  const int64_t unknown = settings.next(), padding = settings.next();
  const Texts texts(call.inputs[0], call.inputs[1]), keys(call.inputs[3], call.inputs[4]);
  const Bytes bytes(call.inputs[2], lower);
  const Array &slots = call.inputs[5], &values = call.inputs[6], &output = call.outputs[0];
  check_slots(slots, keys);
  if (values.kind != Kind::s64 || values.size() != keys.count)
    throw std::invalid_argument("there is one value of int64 for each key");
  if (output.kind != Kind::s64 || output.rank != 2 || output.dims[0] != texts.count)
    throw std::invalid_argument("there is one row of int64 for each text");
  const int64_t width = output.dims[1];
  if (!output.size()) return;
  const auto* numbers = static_cast<const int32_t*>(slots.data);
  const auto* value = static_cast<const int64_t*>(values.data);

  auto one = [&](int64_t row, uint8_t* word) {
    auto* to = static_cast<int64_t*>(output.data) + row * width;
    int64_t size = 0, count = 0;
    auto look_up = [&] {
      const int32_t key = numbers[slot_of(keys, slots, word, size, hash_of_padded(word, size))];
      to[count++] = key < 0 ? unknown : value[key];
      size = 0;
    };
    const uint8_t *at = texts.at(row), *end = at + texts.size(row);
    for (; at < end && count < width; ++at) {
      const uint16_t c = bytes.becomes[*at];
      if (c < kBlank) {
        word[size++] = static_cast<uint8_t>(c);
      } else if (c == kBlank && size) {
        look_up();
      }
    }
    if (size && count < width) look_up();
    std::fill(to + count, to + width, padding);
  };
  int64_t longest = 0;
  for (int64_t i = 0; i < texts.count; ++i) longest = std::max(longest, texts.size(i));
  const int64_t parts = std::clamp<int64_t>(
      std::min(call.threads.count(), call.inputs[0].size() / kLeastBytes), 1, texts.count);
  call.threads.run(parts, [&](int64_t part) {
    std::vector<uint8_t> word(longest + 8);
    for (int64_t row = texts.count * part / parts; row < texts.count * (part + 1) / parts; ++row)
      one(row, word.data());
  });
}

TIDEFALL_KERNEL(split_text)
TIDEFALL_KERNEL(text_index)
TIDEFALL_KERNEL(find_text)
TIDEFALL_KERNEL(count_parts)
TIDEFALL_KERNEL(vectorize_texts)

}  // namespace tidefall
