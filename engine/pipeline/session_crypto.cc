// SPDX-License-Identifier: Apache-2.0
#include "engine/pipeline/session_crypto.h"

#include "engine/crypto/kdf.h"
#include "engine/crypto/symmetric.h"
#include "engine/fault.h"

namespace vtpm::engine {
namespace {

using wire::SessionBit;

Secret joined(ByteView a, ByteView b) {
  Secret key(a.size() + b.size());
  std::ranges::copy(a, key.bytes().begin());
  std::ranges::copy(b, key.bytes().begin() + static_cast<ptrdiff_t>(a.size()));
  return key;
}

enum class Direction { Encrypt, Decrypt };

// Part 1, 18.2 and 18.3: the key is sessionKey || authValue of what the session authorizes.
void crypt(const SessionUse& use, ByteView nonce_newer, ByteView nonce_older, MutableByteView data,
           Direction direction) {
  const Session& session = *use.session;
  Secret key = joined(session.key.view(), use.encryption_auth.view());
  auto hash = to_crypto(session.hash);
  if (session.symmetric.details.get<wire::XorDefinition>()) {
    crypto::xor_obfuscate(hash, key.view(), nonce_newer, nonce_older, data);
    return;
  }
  auto cipher = session.symmetric.block_cipher();
  if (!cipher) throw Fault("a session that encrypts without an algorithm");
  size_t key_size = cipher->key_size();
  Secret derived(key_size + crypto::kCipherBlockSize);
  crypto::kdfa(hash, key.view(), text_bytes("CFB"), nonce_newer, nonce_older, derived.bytes());
  ByteView cipher_key = derived.view().first(key_size), iv = derived.view().subspan(key_size);
  if (direction == Direction::Encrypt)
    crypto::cfb_encrypt(cipher->cipher(), cipher_key, iv, data);
  else
    crypto::cfb_decrypt(cipher->cipher(), cipher_key, iv, data);
}

}  // namespace

CommandHash::CommandHash(wire::CommandCode code, std::span<const Entity> entities,
                         ByteView parameters)
    : parameters_(parameters) {
  Writer out(prefix_);
  wire::marshal(out, code);
  for (const Entity& entity : entities) out.put(entity_name(entity).view());
}

const crypto::Digest& CommandHash::of(wire::AlgId hash) const {
  for (const auto& [algorithm, digest] : computed_)
    if (algorithm == hash) return digest;
  computed_.emplace_back(hash, crypto::hash(to_crypto(hash), {prefix_, parameters_}));
  return computed_.back().second;
}

crypto::Digest CommandHash::without_names(wire::AlgId hash) const {
  ByteView code = ByteView(prefix_).first(sizeof(wire::CommandCode));
  return crypto::hash(to_crypto(hash), {code, parameters_});
}

crypto::Digest response_hash(wire::AlgId hash, wire::CommandCode code, ByteView parameters) {
  uint8_t prefix[8] = {};  // TPM_RC_SUCCESS first
  store_be<uint32_t>(MutableByteView(prefix).subspan(4), static_cast<uint32_t>(code));
  return crypto::hash(to_crypto(hash), {prefix, parameters});
}

crypto::Digest command_hmac(const SessionArea& area, size_t index, const CommandHash& hash) {
  const SessionUse& use = area.sessions[index];
  const Session& session = *use.session;
  // The first session, when it authorizes, also vouches for the nonces of separate sessions that
  // encrypt (Part 1, 16.6.5).
  ByteView nonce_decrypt, nonce_encrypt;
  if (index == 0 && use.entity) {
    if (area.decrypt && *area.decrypt != 0)
      nonce_decrypt = area.sessions[*area.decrypt].session->nonce_tpm;
    if (area.encrypt && *area.encrypt != 0 && area.encrypt != area.decrypt)
      nonce_encrypt = area.sessions[*area.encrypt].session->nonce_tpm;
  }
  Secret key = joined(session.key.view(), use.hmac_auth.view());
  return crypto::hmac(to_crypto(session.hash), key.view(),
                      {hash.of(session.hash), use.nonce_caller, session.nonce_tpm, nonce_decrypt,
                       nonce_encrypt, ByteView(&use.attributes.raw, 1)});
}

crypto::Digest response_hmac(const SessionUse& use, const wire::Nonce& nonce_tpm,
                             wire::SessionAttributes attributes, const crypto::Digest& rp_hash) {
  const Session& session = *use.session;
  Secret key = joined(session.key.view(), use.hmac_auth.view());
  return crypto::hmac(to_crypto(session.hash), key.view(),
                      {rp_hash, nonce_tpm, use.nonce_caller, ByteView(&attributes.raw, 1)});
}

TpmResult<void> decrypt_parameter(const SessionUse& use, MutableByteView parameters) {
  Reader in(parameters);
  auto size = in.take_be<uint16_t>();
  if (!size) return rc::Insufficient.parameter(1);
  if (*size > in.remaining()) return rc::Size.parameter(1);
  crypt(use, use.nonce_caller, use.session->nonce_tpm, parameters.subspan(sizeof(uint16_t), *size),
        Direction::Decrypt);
  return ok;
}

void encrypt_parameter(const SessionUse& use, const wire::Nonce& nonce_tpm,
                       MutableByteView parameters) {
  size_t size = load_be<uint16_t>(parameters);
  crypt(use, nonce_tpm, use.nonce_caller, parameters.subspan(sizeof(uint16_t), size),
        Direction::Encrypt);
}

}  // namespace vtpm::engine
