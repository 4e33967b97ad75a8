// SPDX-License-Identifier: Apache-2.0
// The comparisons of TPM2_PolicyNV, TPM2_PolicyCounterTimer and TPM2_PolicyCapability (Part
// 2, 6.8).
#pragma once

#include "engine/session/session.h"

namespace vtpm::engine {

constexpr bool is_relation(wire::Relation relation) {
  return relation <= wire::Relation::BitsClear;
}
using CheckedRelation = wire::Checked<wire::Relation, is_relation, rc::Value.value()>;

// Whether operand A relates to operand B so. Both have the same size and their most significant
// octet first; signed numbers are two's complement.
bool holds(ByteView a, wire::Relation relation, ByteView b);

// Operand A within a structure. TPM_RC_VALUE for the offset, the second parameter; TPM_RC_RANGE for
// operand B, the first one, when the structure ends before it does (Part 3, 23.10.1).
TpmResult<ByteView> operand_a(ByteView structure, uint16_t offset, size_t size);

// args = H(operandB || offset || operation || more).
crypto::Digest comparison_arguments(const Session& session, ByteView operand_b, uint16_t offset,
                                    wire::Relation operation, ByteView more = {});

}  // namespace vtpm::engine
