// SPDX-License-Identifier: Apache-2.0
#include "engine/object/storage.h"

#include "engine/fault.h"
#include "engine/object/outer_wrap.h"

namespace vtpm::engine {
namespace {

OuterWrap under(const Object& parent, const wire::Name& name) {
  if (!parent.sensitive) throw Fault("protected storage under what is no parent");
  return {.key = parent.pub, .seed = parent.sensitive->seed.view(), .name = name};
}

// The authValue as long as it can be, so that the length of the private area says nothing about
// its own (Part 1, 24.7.3).
wire::Auth padded(const wire::Auth& auth, AlgId name_hash) {
  Secret full(digest_size(name_hash));
  std::ranges::copy(auth.view(), full.bytes().begin());
  return wire::Auth(SharedSecret(std::move(full)));
}

}  // namespace

Secret marshal_sensitive(wire::Sensitive sensitive, AlgId name_hash) {
  sensitive.auth = padded(sensitive.auth, name_hash);
  return wire::to_secret(wire::Sized<wire::Sensitive>(std::move(sensitive)),
                         wire::Private::kCapacity);
}

TpmResult<wire::Sensitive> unmarshal_sensitive(ByteView plain, WasEncrypted was_encrypted) {
  auto area = wire::from_wire<wire::Sized<wire::Sensitive>>(plain);
  if (!area) return was_encrypted == WasEncrypted::Yes ? rc::Sensitive : area.error();
  return std::move(area->value);
}

wire::Private wrap_sensitive(const Object& parent, const wire::Name& name, AlgId name_hash,
                             const wire::Sensitive& sensitive, const Ports& ports) {
  return wire::Private(wrap_outer(under(parent, name), InitialValue::Random,
                                  marshal_sensitive(sensitive, name_hash), ports));
}

TpmResult<wire::Sensitive> unwrap_sensitive(const Object& parent, const wire::Name& name,
                                            const wire::Private& wrapped) {
  REQUIRE(!wrapped.empty(), rc::Size);
  Secret plain = TRY(unwrap_outer(under(parent, name), InitialValue::Random, wrapped));
  return unmarshal_sensitive(plain.view(), WasEncrypted::Yes);
}

}  // namespace vtpm::engine
