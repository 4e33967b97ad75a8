// SPDX-License-Identifier: Apache-2.0
// What a TPM says about the circumstances in which it made an object (Part 1, 24.8; Part 2, 15.1).
#pragma once

#include "engine/pipeline/context.h"

namespace vtpm::engine {

struct CreationEvidence {
  wire::CreationData data;
  wire::Digest hash;  // of `data`, by the object's nameAlg
  wire::CreationTicket ticket;
};

struct CreationCircumstances {
  const Object* parent = nullptr;  // null for a primary object
  const wire::Data& outside_info;
  const wire::PcrSelections& pcrs;
};

// For an object that has its place in a hierarchy.
CreationEvidence creation_evidence(const Context& context, const Object& object,
                                   const CreationCircumstances& circumstances);

}  // namespace vtpm::engine
