// SPDX-License-Identifier: Apache-2.0
#include "engine/session/relation.h"

namespace vtpm::engine {
namespace {

using wire::Relation;

bool less_unsigned(ByteView a, ByteView b) {
  return std::ranges::lexicographical_compare(a, b);
}

// Of the same sign, numbers in two's complement are in the order of their octets.
bool less_signed(ByteView a, ByteView b) {
  bool a_negative = !a.empty() && (a[0] & 0x80) != 0;
  bool b_negative = !b.empty() && (b[0] & 0x80) != 0;
  return a_negative == b_negative ? less_unsigned(a, b) : a_negative;
}

// Whether of the bits of A that are SET in B all are SET, or all CLEAR.
bool all_bits(ByteView a, ByteView b, bool set) {
  for (size_t i = 0; i < a.size(); ++i)
    if ((a[i] & b[i]) != (set ? b[i] : 0)) return false;
  return true;
}

}  // namespace

bool holds(ByteView a, Relation relation, ByteView b) {
  switch (relation) {
    case Relation::Equal:
      return std::ranges::equal(a, b);
    case Relation::NotEqual:
      return !std::ranges::equal(a, b);
    case Relation::SignedGreater:
      return less_signed(b, a);
    case Relation::UnsignedGreater:
      return less_unsigned(b, a);
    case Relation::SignedLess:
      return less_signed(a, b);
    case Relation::UnsignedLess:
      return less_unsigned(a, b);
    case Relation::SignedGreaterOrEqual:
      return !less_signed(a, b);
    case Relation::UnsignedGreaterOrEqual:
      return !less_unsigned(a, b);
    case Relation::SignedLessOrEqual:
      return !less_signed(b, a);
    case Relation::UnsignedLessOrEqual:
      return !less_unsigned(b, a);
    case Relation::BitsSet:
      return all_bits(a, b, true);
    case Relation::BitsClear:
      return all_bits(a, b, false);
  }
  return false;
}

TpmResult<ByteView> operand_a(ByteView structure, uint16_t offset, size_t size) {
  REQUIRE(offset <= structure.size(), rc::Value.parameter(2));
  REQUIRE(size <= structure.size() - offset, rc::Range.parameter(1));
  return structure.subspan(offset, size);
}

crypto::Digest comparison_arguments(const Session& session, ByteView operand_b, uint16_t offset,
                                    Relation operation, ByteView more) {
  return crypto::hash(to_crypto(session.hash),
                      {operand_b, wire::to_wire(offset), wire::to_wire(operation), more});
}

}  // namespace vtpm::engine
