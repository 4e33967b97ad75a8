// SPDX-License-Identifier: Apache-2.0
// Keys whose values both TPMs are given, so that their answers are the same.
#include "engine/commands/hash.h"
#include "engine/commands/mac.h"
#include "engine/commands/symmetric.h"
#include "engine/object/assemble.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"

namespace vtpm::differential {

namespace templates = engine::testing::templates;

namespace {

const wire::ObjectAttributes kSigns = {wire::ObjectBit::UserWithAuth, wire::ObjectBit::NoDa,
                                       wire::ObjectBit::Sign};
const wire::ObjectAttributes kCiphers = {wire::ObjectBit::UserWithAuth, wire::ObjectBit::NoDa,
                                         wire::ObjectBit::Sign, wire::ObjectBit::Decrypt};
constexpr AlgId kModes[] = {AlgId::Cfb, AlgId::Cbc, AlgId::Ctr, AlgId::Ofb, AlgId::Ecb};

std::string number(AlgId id) {
  return std::to_string(static_cast<int>(id));
}

Handle external(Client& client, wire::Public pub, const Bytes& value, const std::string& step) {
  const Bytes seed(32, 5);
  pub.unique = symmetric_unique(*pub.name_hash, seed, value);
  wire::Sensitive sensitive{.type = pub.type.value,
                            .seed = wire::Auth(ByteView(seed)),
                            .value = wire::PrivateValue(ByteView(value))};
  return client
      .run<LoadExternal>(step, {},
                         {.in_private = {sensitive}, .in_public = pub, .hierarchy = {rh::Null}},
                         same(kQuiet))
      .reply.object_handle.value;
}

}  // namespace

void encrypting(Client& client) {
  const Bytes key = bytes_of("0123456789abcdef"), iv(16, 3), data(32, 0xD0);
  Handle any = external(client, templates::cipher(kCiphers, 128, AlgId::Null), key, "any mode");
  Handle cfb = external(client, templates::cipher(kCiphers), key, "CFB");
  for (AlgId mode : kModes) {
    wire::Iv start(mode == AlgId::Ecb ? Bytes() : iv);
    for (uint8_t decrypt : {uint8_t{0}, uint8_t{1}}) {
      std::string name = number(mode) + (decrypt ? " decrypting" : " encrypting");
      const Options depth{.same_reply = true,
                          .depth = mode == AlgId::Cbc ? Depth::All : Depth::Few};
      client.run<EncryptDecrypt>("EncryptDecrypt " + name, {any},
                                 {{decrypt}, {mode}, start, wire::SecretMaxBuffer(ByteView(data))},
                                 depth);
      client.run<EncryptDecrypt2>("EncryptDecrypt2 " + name, {any},
                                  {wire::SecretMaxBuffer(ByteView(data)), {decrypt}, {mode}, start},
                                  depth);
    }
  }
  client.run<EncryptDecrypt2>(
      "EncryptDecrypt2 67 by default", {cfb},
      {wire::SecretMaxBuffer(ByteView(data)), {0}, {AlgId::Null}, wire::Iv(iv)},
      {.same_reply = true});
}

void macs(Client& client) {
  for (AlgId hash : {AlgId::Sha1, AlgId::Sha256, AlgId::Sha384, AlgId::Sha512}) {
    wire::Public pub = templates::keyed_hash(kSigns);
    pub.parameters.get<wire::KeyedHashParameters>()->scheme.details = wire::HashScheme{hash};
    Handle key = external(client, pub, bytes_of("secret"), "HMAC key " + number(hash));
    client.run<Mac>("HMAC " + number(hash), {key}, {abc(), {AlgId::Null}}, {.same_reply = true});
    flush(client, key);
  }
  wire::Public pub = templates::cipher(kSigns, 128, AlgId::Cmac);
  Handle key = external(client, pub, bytes_of("0123456789abcdef"), "CMAC key");
  client.run<Mac>("CMAC", {key}, {abc(), {AlgId::Cmac}}, {.same_reply = true});
  client.run<Mac>("CMAC by default", {key}, {abc(), {AlgId::Null}}, {.same_reply = true});
}

void mac_sequences(Client& client) {
  Handle hmac = external(client, templates::keyed_hash(kSigns), bytes_of("secret"), "HMAC key");
  Handle cmac = external(client, templates::cipher(kSigns, 128, AlgId::Cmac),
                         bytes_of("0123456789abcdef"), "CMAC key");
  for (auto [name, key, scheme] :
       {std::tuple{"HMAC", hmac, AlgId::Sha256}, {"CMAC", cmac, AlgId::Cmac}}) {
    std::string step = name;
    auto started = client.run<MacStart>(step + " start", {key},
                                        {.auth = wire::Auth(text_bytes("x")), .scheme = {scheme}});
    Handle sequence = started.reply.sequence.value;
    const Options by{
        .passwords = {{'x'}}, .same_reply = true, .except = {"p", "a1.2", "a1.3 longer"}};
    client.run<SequenceUpdate>(step + " update", {sequence}, {abc()}, by);
    client.run<SequenceComplete>(step + " complete", {sequence}, {abc(), {rh::Null}}, by);
    client.run<SequenceUpdate>(step + " after", {sequence}, {abc()}, quiet(by));
  }
}

}  // namespace vtpm::differential
