// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/signature_sequence.h"

#include "engine/object/slots.h"
#include "engine/signing/message.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;
using Purpose = SignatureSequence::Purpose;

// Where a sequence could not be begun: the scheme's context, else the key.
Rc start_code(Rc code, unsigned context_parameter) {
  return code == rc::Size ? code.parameter(context_parameter) : code.handle(1);
}

// Where it could not be ended: the counter that it was begun with, else the key.
Rc sign_code(Rc code) {
  return code.handle(code == rc::Range || code == rc::Value ? 1 : 2);
}

// The sequence of a handle, which must have been begun for this purpose with this key.
TpmResult<SignatureSequence> completed(const SequenceRef& sequence, const Object& key,
                                       Purpose purpose) {
  const auto* begun = std::get_if<SignatureSequence>(&sequence->running);
  REQUIRE(begun && begun->purpose == purpose, rc::Mode.handle(1));
  REQUIRE(is_for_key(*begun, key), rc::SignContextKey.handle(2));
  return *begun;
}

}  // namespace

TpmResult<SignSequenceStart::Reply> SignSequenceStart::run(
    Context& context, const Authorized<SignSequenceStart>& handles, const Params& params) {
  auto begun = begin_signing(**handles->key, params.context);
  if (!begun) return start_code(begun.error(), 2);
  return Reply{.sequence = {TRY(start_sequence(context.state, params.auth, std::move(*begun)))}};
}
VTPM_COMMAND(SignSequenceStart);

TpmResult<VerifySequenceStart::Reply> VerifySequenceStart::run(
    Context& context, const Authorized<VerifySequenceStart>& handles, const Params& params) {
  auto begun = begin_verifying(context.state, **handles->key, params.context);
  if (!begun) return start_code(begun.error(), 3);
  return Reply{.sequence = {TRY(start_sequence(context.state, params.auth, std::move(*begun)))}};
}
VTPM_COMMAND(VerifySequenceStart);

TpmResult<SignSequenceComplete::Reply> SignSequenceComplete::run(
    Context& context, const Authorized<SignSequenceComplete>& handles, const Params& params) {
  const Object& key = **handles->key;
  SignatureSequence message = TRY(completed(*handles->sequence, key, Purpose::Sign));
  REQUIRE(!key.has(ObjectBit::X509Sign), rc::Attributes.handle(2));
  finish(message, params.buffer);
  REQUIRE(!key.has(ObjectBit::Restricted) || message.safe, rc::Value.parameter(1));
  auto signature = sign_message(context, key, std::move(message));
  if (!signature) return sign_code(signature.error());
  remove_transient(context.state, handles->sequence->handle);
  return Reply{.signature = std::move(*signature)};
}
VTPM_COMMAND(SignSequenceComplete);

TpmResult<VerifySequenceComplete::Reply> VerifySequenceComplete::run(
    Context& context, const Authorized<VerifySequenceComplete>& handles, const Params& params) {
  const Object& key = **handles->key;
  SignatureSequence message = TRY(completed(*handles->sequence, key, Purpose::Verify));
  auto ticket = verify_message(key, std::move(message), params.signature);
  if (!ticket) return ticket.error().parameter(1);
  remove_transient(context.state, handles->sequence->handle);
  return Reply{.validation = std::move(*ticket)};
}
VTPM_COMMAND(VerifySequenceComplete);

}  // namespace vtpm::engine
