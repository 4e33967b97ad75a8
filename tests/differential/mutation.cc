// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/mutation.h"

#include <set>

#include "tests/engine/hex.h"

namespace vtpm::differential {
namespace {

using engine::testing::hex;
using engine::wire::AlgId;
namespace rh = engine::wire::rh;

constexpr AlgId kAlgorithms[] = {AlgId::Rsa,       AlgId::Sha1,      AlgId::Hmac,   AlgId::Aes,
                                 AlgId::Sha256,    AlgId::Null,      AlgId::RsaSsa, AlgId::RsaEs,
                                 AlgId::Oaep,      AlgId::EcDsa,     AlgId::Ecdh,   AlgId::Ecc,
                                 AlgId::KeyedHash, AlgId::SymCipher, AlgId::Xor,    AlgId::Cfb};

// Of each range, and of none. No session: their numbers are each TPM's own.
constexpr engine::wire::Handle kHandles[] = {
    0,          16,         23,         24,          0x01000000,      0x01FFFFFF,   0x0200003E,
    0x0300003E, rh::Owner,  rh::Null,   rh::Lockout, rh::Endorsement, rh::Platform, rh::Password,
    0x40000008, 0x4000000D, 0x80000000, 0x80000010,  0x80FFFFFF,      0x81000000,   0x81FFFFFF,
    0x90000000, 0xFFFFFFFF};

// More than any buffer holds, and still a command of less than 4,096 bytes.
constexpr size_t kTooLong = 2900;

Bytes big_endian(uint64_t value, size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * (size - 1 - i)));
  return bytes;
}

// The bytes with `field` replaced; sizes around it follow.
Bytes replaced(const Bytes& bytes, const Field& field, ByteView with) {
  Bytes result = to_bytes(ByteView(bytes).first(field.offset));
  append(result, with);
  append(result, ByteView(bytes).subspan(field.offset + field.size));
  for (size_t at : field.enclosing) {
    auto size = MutableByteView(result).subspan(at);
    store_be(size, static_cast<uint16_t>(load_be<uint16_t>(size) + with.size() - field.size));
  }
  return result;
}

std::set<Bytes> integers(ByteView original, Depth depth) {
  size_t size = original.size();
  std::set<Bytes> values = {big_endian(0, size), big_endian(~uint64_t{0}, size)};
  size_t bits = 8 * size, step = depth == Depth::All ? 1 : 5;
  for (size_t bit = 0; bit < bits; bit += step) {
    Bytes flipped = to_bytes(original);
    flipped[size - 1 - bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    values.insert(flipped);
  }
  if (size == 2 && depth == Depth::All)
    for (AlgId id : kAlgorithms) values.insert(big_endian(static_cast<uint64_t>(id), 2));
  values.erase(to_bytes(original));
  return values;
}

std::vector<Bytes> other_handles(engine::wire::Handle original) {
  std::vector<Bytes> result;
  for (engine::wire::Handle handle : kHandles)
    if (handle != original) result.push_back(big_endian(handle, 4));
  return result;
}

void change_bytes(const Bytes& bytes, const Field& field, std::vector<Mutant>& out) {
  ByteView content = ByteView(bytes).subspan(field.offset + 2, field.size - 2);
  auto sized = [](ByteView value) {
    Bytes result = big_endian(value.size(), 2);
    append(result, value);
    return result;
  };
  auto emit = [&](const char* what, ByteView with) {
    out.push_back({field.path + what, replaced(bytes, field, with)});
  };
  auto claim = [&](size_t size) {
    Bytes result = big_endian(size, 2);
    append(result, content);
    return result;
  };
  Bytes longer = to_bytes(content);
  longer.push_back(0);
  emit(" longer", sized(longer));
  emit(" too long", sized(Bytes(kTooLong)));
  emit(" size+1", claim(content.size() + 1));
  emit(" size=FFFF", claim(0xFFFF));
  if (content.empty()) return;
  emit(" empty", sized({}));
  emit(" shorter", sized(content.first(content.size() - 1)));
  // What is left over begins the next field: the same byte whatever was there, which may be random.
  Bytes one_left = big_endian(content.size() - 1, 2);
  append(one_left, content.first(content.size() - 1));
  one_left.push_back(0xFF);
  emit(" size-1", one_left);
  Bytes first = to_bytes(content), last = first;
  first.front() ^= 0x80;
  last.back() ^= 0x01;
  emit(" first byte", sized(first));
  emit(" last byte", sized(last));
}

void change_opaque(const Bytes& bytes, const Field& field, std::vector<Mutant>& out) {
  constexpr size_t kTried = 16;
  for (size_t i = 0; i < std::min(field.size, kTried); ++i) {
    for (uint8_t with : std::initializer_list<uint8_t>{0x01, 0x80, 0xFF}) {
      Bytes changed = bytes;
      changed[field.offset + i] ^= with;
      out.push_back({field.path + "[" + std::to_string(i) + "]^" + hex(Bytes{with}), changed});
    }
  }
}

}  // namespace

std::vector<Mutant> mutants(const Bytes& bytes, const std::vector<Field>& fields, Depth depth) {
  std::vector<Mutant> result;
  for (const Field& field : fields) {
    switch (field.kind) {
      case Field::Kind::Integer:
        for (const Bytes& value :
             integers(ByteView(bytes).subspan(field.offset, field.size), depth))
          result.push_back({field.path + "=" + hex(value), replaced(bytes, field, value)});
        break;
      case Field::Kind::Handle:
        for (const Bytes& value :
             other_handles(load_be<uint32_t>(ByteView(bytes).subspan(field.offset))))
          result.push_back({field.path + "=" + hex(value), replaced(bytes, field, value)});
        break;
      case Field::Kind::Bytes:
        change_bytes(bytes, field, result);
        break;
      case Field::Kind::Opaque:
        change_opaque(bytes, field, result);
        break;
    }
  }
  return result;
}

std::vector<HandleMutant> handle_mutants(const std::vector<engine::wire::Handle>& handles) {
  std::vector<HandleMutant> result;
  for (size_t i = 0; i < handles.size(); ++i) {
    for (const Bytes& with : other_handles(handles[i])) {
      HandleMutant mutant{"h" + std::to_string(i + 1) + "=" + hex(with), handles};
      mutant.handles[i] = load_be<uint32_t>(with);
      result.push_back(mutant);
    }
  }
  return result;
}

std::vector<Mutant> cuts(const Bytes& bytes, const std::vector<Field>& fields) {
  std::vector<Mutant> result;
  auto cut = [&](const std::string& where, size_t size) {
    result.push_back({"cut " + where, to_bytes(ByteView(bytes).first(size))});
  };
  for (const Field& field : fields) {
    cut("before " + field.path, field.offset);
    if (field.size > 1) cut("within " + field.path, field.offset + field.size - 1);
  }
  Bytes longer = bytes;
  longer.push_back(0);
  result.push_back({"a byte too many", longer});
  return result;
}

}  // namespace vtpm::differential
