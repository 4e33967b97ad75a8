// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/client_session.h"

#include "engine/commands/nv.h"
#include "engine/commands/object.h"
#include "engine/crypto/ecc.h"
#include "engine/crypto/symmetric.h"

namespace vtpm::engine::testing {
namespace {

Salt salt_for_rsa(Peer& peer, const wire::Public& key) {
  AlgId hash = *key.name_hash;
  Salt salt{.value = Bytes(digest_size(hash))};
  peer.caller_random.fill(salt.value);
  auto pub = crypto::RsaPublicKey::create(*key.unique.get<wire::RsaBytes>(), 65537);
  // The hash of the key's own OAEP scheme comes before nameAlg (Part 1, 43.10).
  const auto* own =
      key.parameters.get<wire::RsaParameters>()->scheme.details.get<wire::HashScheme>();
  AlgId oaep = own ? *own->hash : hash;
  auto encrypted = crypto::oaep_encrypt(*pub, to_crypto(oaep), text_bytes({"SECRET", 7}),
                                        salt.value, peer.caller_random);
  salt.encrypted = wire::EncryptedSecret(*encrypted);
  return salt;
}

Salt salt_for_ecc(Peer& peer, const wire::Public& key, bool short_point) {
  AlgId hash = *key.name_hash;
  auto curve = static_cast<crypto::Curve>(*key.parameters.get<wire::EccParameters>()->curve);
  const auto& own = *key.unique.get<wire::EccPoint>();
  crypto::EccKeyPair ephemeral = crypto::generate_ecc_key(curve, peer.caller_random);
  while (short_point && ephemeral.q.x[0] != 0)
    ephemeral = crypto::generate_ecc_key(curve, peer.caller_random);
  auto shared = crypto::ecdh(curve, ephemeral.d.view(), {to_bytes(own.x), to_bytes(own.y)});
  ByteView x = ephemeral.q.x;
  wire::EccPoint point{.x = wire::EccParameter(short_point ? x.subspan(1) : x),
                       .y = wire::EccParameter(ephemeral.q.y)};
  return {
      .value = formula::kdfe(hash, shared->x, "SECRET", ephemeral.q.x, own.x, digest_size(hash)),
      .encrypted = wire::EncryptedSecret(wire::to_wire(point))};
}

Salt salt_for_ml_kem(Peer& peer, const wire::Public& key) {
  AlgId hash = *key.name_hash;
  const auto& own = *key.unique.get<wire::MlKemPublicKey>();
  auto made = crypto::ml_kem_encapsulate(
      *key.parameters.get<wire::MlKemParameters>()->parameter_set, own, peer.caller_random);
  return {.value = formula::kdfa(hash, made->secret.view(), "SECRET", made->ciphertext, own,
                                 digest_size(hash)),
          .encrypted = wire::EncryptedSecret(made->ciphertext)};
}

// Reads a public area.
template <class C>
Answer<C> peek(Peer& peer, wire::Handle handle) {
  return TestTpm::parse<C>(peer.peek(TestTpm::password_command<C>({handle}, {})));
}

wire::Public public_area(Peer& peer, wire::Handle handle) {
  auto answer = peek<ReadPublic>(peer, handle);
  EXPECT_EQ(answer.code, rc::Success);
  return *answer.reply.out_public;
}

bool is_object_handle(wire::Handle handle) {
  auto type = wire::handle_type(handle);
  return type == wire::HandleType::Transient || type == wire::HandleType::Persistent;
}

Bytes fresh_nonce(Peer& peer, size_t size) {
  Bytes nonce(size);
  peer.caller_random.fill(nonce);
  return nonce;
}

// Part 1, 18.1: sessionValue. The binding plays no role here.
Bytes session_value(const Use& use, bool authorizes, ByteView auth) {
  return formula::concat({use.session->key, authorizes ? auth : ByteView()});
}

void apply_cipher(const Use& use, ByteView value, ByteView newer, ByteView older,
                  MutableByteView data, bool encrypting) {
  const ClientSession& session = *use.session;
  if (session.symmetric.details.get<wire::XorDefinition>()) {
    Bytes mask = formula::kdfa(session.hash, value, "XOR", newer, older, data.size());
    for (size_t i = 0; i < data.size(); ++i) data[i] ^= mask[i];
    return;
  }
  // A session without an algorithm is for provoking TPM_RC_SYMMETRIC.
  auto cipher = session.symmetric.block_cipher();
  if (!cipher) return;
  size_t key_size = cipher->key_size();
  Bytes key_and_iv = formula::kdfa(session.hash, value, "CFB", newer, older, key_size + 16);
  ByteView key = ByteView(key_and_iv).first(key_size), iv = ByteView(key_and_iv).last(16);
  if (encrypting)
    crypto::cfb_encrypt(cipher->cipher(), key, iv, data);
  else
    crypto::cfb_decrypt(cipher->cipher(), key, iv, data);
}

// The bytes of the TPM2B that parameters begin with; nothing when they do not begin with one.
MutableByteView first_parameter(Bytes& parameters) {
  if (parameters.size() < 2) return {};
  size_t size = load_be<uint16_t>(parameters);
  if (size > parameters.size() - 2) return {};
  return MutableByteView(parameters).subspan(2, size);
}

// Whether authValue is part of the HMAC's key (Part 1, 16.6.5 and 16.6.10).
bool includes_auth(const Use& use, bool authorizes, ByteView name) {
  if (!authorizes || !use.session) return false;
  const ClientSession& session = *use.session;
  if (session.policy) return session.auth_value_needed;
  bool bound = session.bound && std::ranges::equal(session.bound_name, name) &&
               session.bound_auth == use.auth;
  return !bound;
}

ByteView other_nonce(const Sent& sent, uint8_t attribute) {
  for (size_t i = 1; i < sent.uses.size(); ++i)
    if (sent.uses[i].session && (sent.uses[i].attributes & attribute) != 0)
      return sent.uses[i].session->nonce_tpm;
  return {};
}

Bytes command_hmac(const Sent& sent, size_t index, ByteView cp_hash) {
  const Use& use = sent.uses[index];
  const ClientSession& session = *use.session;
  ByteView decrypt, encrypt;
  if (index == 0 && sent.authorizes[0]) {
    decrypt = other_nonce(sent, kDecrypt);
    encrypt = other_nonce(sent, kEncrypt);
    // One session for both counts once.
    if (decrypt.data() == encrypt.data()) encrypt = {};
  }
  Bytes key =
      formula::concat({session.key, sent.includes_auth[index] ? ByteView(use.auth) : ByteView()});
  return formula::hmac(session.hash, key,
                       {cp_hash, session.nonce_caller, session.nonce_tpm, decrypt, encrypt,
                        ByteView(&use.attributes, 1)});
}

Bytes code_bytes(wire::CommandCode code) {
  return wire::to_wire(code);
}

Bytes cp_hash(const Sent& sent, AlgId alg) {
  return formula::hash(alg, {code_bytes(sent.code), sent.names, sent.parameters});
}

void put_block(Sent& sent, size_t index) {
  const Use& use = sent.uses[index];
  Writer out(sent.session_area);
  if (!use.session) {
    out.put_be(wire::rh::Password);
    out.put_be(uint16_t{0});
    out.put_be(use.attributes);
    wire::marshal(out, wire::Auth(ByteView(use.auth)));
    return;
  }
  const ClientSession& session = *use.session;
  bool empty_key = session.key.empty() && (!sent.includes_auth[index] || use.auth.empty());
  sent.omits_hmac[index] = empty_key && !use.hmac_under_empty_key;
  Bytes proof;
  if (session.policy && session.password_needed && sent.authorizes[index])
    proof = use.auth;
  else if (!sent.omits_hmac[index])
    proof = command_hmac(sent, index, cp_hash(sent, session.hash));
  out.put_be(session.handle);
  wire::marshal(out, wire::Nonce(session.nonce_caller));
  out.put_be(use.attributes);
  wire::marshal(out, wire::Auth(ByteView(proof)));
}

struct ResponseBlock {
  wire::Nonce nonce;
  uint8_t attributes = 0;
  wire::Digest hmac;
};

void update_audit(const Sent& sent, const Use& use, ByteView rp_hash) {
  ClientSession& session = *use.session;
  if ((use.attributes & kAudit) == 0) return;
  if (!session.audit || (use.attributes & kAuditReset) != 0)
    session.audit = Bytes(digest_size(session.hash));
  session.bound = false;
  session.audit =
      formula::hash(session.hash, {*session.audit, cp_hash(sent, session.hash), rp_hash});
}

void check_block(const Sent& sent, size_t index, const ResponseBlock& block, ByteView parameters) {
  SCOPED_TRACE("session " + std::to_string(index + 1) + " of the response");
  const Use& use = sent.uses[index];
  if (!use.session) {
    EXPECT_TRUE(block.nonce.empty());
    EXPECT_EQ(block.attributes, use.attributes | kContinue);
    EXPECT_TRUE(block.hmac.empty());
    return;
  }
  ClientSession& session = *use.session;
  EXPECT_EQ(block.attributes & ~kAuditExclusive, use.attributes & ~kAuditExclusive);
  EXPECT_EQ(block.nonce.size(), session.nonce_tpm.size());
  EXPECT_NE(to_bytes(block.nonce), session.nonce_tpm);
  session.nonce_tpm = to_bytes(block.nonce);
  const Bytes& auth = use.new_auth ? *use.new_auth : use.auth;
  Bytes rp_hash = formula::hash(session.hash, {Bytes(4), code_bytes(sent.code), parameters});
  Bytes key =
      formula::concat({session.key, sent.includes_auth[index] ? ByteView(auth) : ByteView()});
  bool password = session.policy && session.password_needed && sent.authorizes[index];
  if (password || (key.empty() && sent.omits_hmac[index]))
    EXPECT_TRUE(block.hmac.empty());
  else
    EXPECT_EQ(to_bytes(block.hmac), formula::hmac(session.hash, key,
                                                  {rp_hash, session.nonce_tpm, session.nonce_caller,
                                                   ByteView(&block.attributes, 1)}));
  update_audit(sent, use, rp_hash);
  if (session.policy && sent.authorizes[index])
    session.auth_value_needed = session.password_needed = false;
}

}  // namespace

wire::SymmetricDefinition aes_cfb(uint16_t bits) {
  return {.algorithm = {AlgId::Aes},
          .details = wire::AesDefinition{.key_bits = bits, .mode = AlgId::Cfb}};
}

wire::SymmetricDefinition xor_with(AlgId hash) {
  return {.algorithm = {AlgId::Xor}, .details = wire::XorDefinition{.hash = hash}};
}

Bytes name_of(Peer& peer, wire::Handle handle) {
  if (wire::handle_type(handle) == wire::HandleType::NvIndex)
    return to_bytes(peek<NvReadPublic>(peer, handle).reply.name);
  if (wire::handle_type(handle) == wire::HandleType::ExternalNv)
    return to_bytes(peek<NvReadPublic2>(peer, handle).reply.name);
  if (!is_object_handle(handle)) return wire::to_wire(handle);
  // A sequence has the Empty Buffer for a Name, and no public area.
  auto answer = peek<ReadPublic>(peer, handle);
  return answer.code == rc::Success ? to_bytes(answer.reply.name) : Bytes();
}

Salt salt_for(Peer& peer, wire::Handle key, bool short_point) {
  wire::Public pub = public_area(peer, key);
  if (pub.type == AlgId::MlKem) return salt_for_ml_kem(peer, pub);
  return pub.type == AlgId::Rsa ? salt_for_rsa(peer, pub) : salt_for_ecc(peer, pub, short_point);
}

ClientSession start_session(Peer& peer, const SessionOptions& options) {
  ClientSession session{.hash = options.hash,
                        .symmetric = options.symmetric,
                        .policy = options.type != wire::SessionType::Hmac};
  session.nonce_size = options.nonce_size ? options.nonce_size : digest_size(options.hash);
  Salt salt;
  if (options.salt_key != wire::rh::Null)
    salt = salt_for(peer, options.salt_key, options.short_salt_point);
  session.nonce_caller = fresh_nonce(peer, session.nonce_size);
  auto answer = run_with<StartAuthSession>(peer, {options.salt_key, options.bind},
                                           {.nonce_caller = wire::Nonce(session.nonce_caller),
                                            .encrypted_salt = salt.encrypted,
                                            .session_type = options.type,
                                            .symmetric = options.symmetric,
                                            .auth_hash = options.hash},
                                           {});
  EXPECT_EQ(answer.code, rc::Success);
  session.handle = answer.reply.session_handle.value;
  session.nonce_tpm = to_bytes(answer.reply.nonce_tpm);
  EXPECT_EQ(session.nonce_tpm.size(), session.nonce_size);
  bool has_key = options.salt_key != wire::rh::Null || options.bind != wire::rh::Null;
  if (has_key)
    session.key =
        formula::kdfa(options.hash, formula::concat({options.bind_auth, salt.value}), "ATH",
                      session.nonce_tpm, session.nonce_caller, digest_size(options.hash));
  if (options.bind != wire::rh::Null && !session.policy) {
    session.bound = true;
    session.bound_name = name_of(peer, options.bind);
    session.bound_auth = options.bind_auth;
  }
  return session;
}

Sent prepare(Peer& peer, const CommandRow& row, const std::vector<wire::Handle>& handles,
             ByteView parameters, std::vector<Use> uses) {
  Sent sent{.code = row.code,
            .handles = handles,
            .uses = std::move(uses),
            .parameters = to_bytes(parameters)};
  size_t count = sent.uses.size();
  sent.authorizes.resize(count);
  sent.includes_auth.resize(count);
  sent.omits_hmac.resize(count);
  // A password needs no Names.
  bool named = std::any_of(sent.uses.begin(), sent.uses.end(),
                           [](const Use& use) { return use.session != nullptr; });
  size_t next = 0;
  for (size_t i = 0; i < handles.size(); ++i) {
    Bytes name = named ? name_of(peer, handles[i]) : Bytes();
    append(sent.names, name);
    if (row.handles[i].role == Role::None || next == count) continue;
    sent.authorizes[next] = true;
    sent.includes_auth[next] = includes_auth(sent.uses[next], true, name);
    ++next;
  }
  for (Use& use : sent.uses)
    if (use.session) use.session->nonce_caller = fresh_nonce(peer, use.session->nonce_size);
  for (size_t i = 0; i < count; ++i) {
    const Use& use = sent.uses[i];
    if (!use.session || (use.attributes & kDecrypt) == 0) continue;
    apply_cipher(use, session_value(use, sent.authorizes[i], use.auth), use.session->nonce_caller,
                 use.session->nonce_tpm, first_parameter(sent.parameters), true);
  }
  for (size_t i = 0; i < count; ++i) put_block(sent, i);
  sent.command = TestTpm::assemble(sent.code, handles, sent.session_area, sent.parameters);
  return sent;
}

Bytes accept(const Sent& sent, ByteView response, bool returns_handle) {
  constexpr size_t kHeader = 10;
  if (response.size() <= kHeader || sent.uses.empty()) return to_bytes(response);
  wire::Reader in(response);
  EXPECT_EQ(in.take_be<uint16_t>(), 0x8002);
  in.take(kHeader - 2);
  if (returns_handle) in.take(4);
  size_t before_parameters = response.size() - in.remaining();
  uint32_t size = in.take_be<uint32_t>().value_or(0);
  Bytes parameters = to_bytes(in.take(size).value_or(ByteView()));
  EXPECT_EQ(parameters.size(), size);
  Bytes decrypted = parameters;
  for (size_t i = 0; i < sent.uses.size(); ++i) {
    const Use& use = sent.uses[i];
    ResponseBlock block;
    EXPECT_TRUE(wire::unmarshal(in, block));
    check_block(sent, i, block, parameters);
    if (!use.session || (use.attributes & kEncrypt) == 0) continue;
    ByteView auth = use.new_auth ? ByteView(*use.new_auth) : ByteView(use.auth);
    apply_cipher(use, session_value(use, sent.authorizes[i], auth), use.session->nonce_tpm,
                 use.session->nonce_caller, first_parameter(decrypted), false);
  }
  EXPECT_EQ(in.remaining(), 0u);
  Bytes plain = to_bytes(response.first(before_parameters + sizeof size));
  append(plain, decrypted);
  store_be<uint32_t>(MutableByteView(plain).subspan(2), static_cast<uint32_t>(plain.size()));
  return plain;
}

}  // namespace vtpm::engine::testing
