// SPDX-License-Identifier: Apache-2.0
#include "engine/object/creation_data.h"

#include "engine/pcr.h"
#include "engine/ticket.h"

namespace vtpm::engine {

CreationEvidence creation_evidence(const Context& context, const Object& object,
                                   const CreationCircumstances& circumstances) {
  const State& state = context.state;
  CreationEvidence evidence;
  wire::CreationData& data = evidence.data;
  data.pcr_select = existing(*state.pcrs, circumstances.pcrs);
  // Nothing selected has no digest (Part 2, 15.1).
  if (!data.pcr_select.items.empty())
    data.pcr_digest = pcr_digest(*state.pcrs, data.pcr_select, object.pub.name_hash);
  data.locality = wire::LocalityAttributes::of(context.locality);
  if (const Object* parent = circumstances.parent) {
    data.parent_name_hash = parent->pub.name_hash;
    data.parent_name = parent->name;
    data.parent_qualified_name = parent->qualified_name;
  } else {
    data.parent_name = data.parent_qualified_name = name_of_handle(object.hierarchy);
  }
  data.outside_info = circumstances.outside_info;
  evidence.hash = wire::Digest(crypto::hash(to_crypto(object.pub.name_hash), wire::to_wire(data)));
  evidence.ticket = creation_ticket(state, object.hierarchy, object.name.view(), evidence.hash);
  return evidence;
}

}  // namespace vtpm::engine
