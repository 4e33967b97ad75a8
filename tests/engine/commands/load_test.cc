// SPDX-License-Identifier: Apache-2.0
// Part 3, 12.2: private areas that TPM2_Create has not made, but whoever knows the parent's seed.
#include "engine/crypto/ecc.h"
#include "engine/object/outer_wrap.h"
#include "engine/object/slots.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
namespace rh = wire::rh;

class Loading : public ::testing::Test {
 protected:
  // `plain` stands where the sensitive area does.
  Answer<Load> load(const wire::Public& pub, ByteView plain) {
    const Object& key = *tpm.state.transient->slots[transient_index(parent.handle)].object;
    wire::Name name = compute_name(pub);
    wire::Private blob(
        wrap_outer({.key = key.pub, .seed = key.sensitive->seed.view(), .name = name},
                   InitialValue::Random, Secret(plain), tpm.ports));
    return tpm.run<Load>({parent.handle}, {blob, pub});
  }
  static Bytes marshalled(const wire::Sensitive& sensitive) {
    return wire::to_wire(wire::Sized<wire::Sensitive>(sensitive));
  }

  TestTpm tpm;
  Made parent = create_primary(tpm, rh::Owner, ecc_storage());
};

// A signing key with the private scalar 43.
struct KnownKey {
  wire::Public pub = ecdsa_key();
  wire::Sensitive sensitive{.type = AlgId::Ecc};

  explicit KnownKey(size_t scalar_size = 32) {
    Bytes scalar(scalar_size);
    scalar.back() = 43;
    auto q = crypto::public_point(crypto::Curve::P256, scalar);
    pub.unique = wire::EccPoint{wire::EccParameter(q->x), wire::EccParameter(q->y)};
    sensitive.value = wire::PrivateValue(ByteView(scalar));
  }
};

// Part 2, 8.3.3.8 and 8.3.3.9: SET or CLEAR.
TEST_F(Loading, TakesWhatIsLimitedToFirmware) {
  for (ObjectBit bit : {ObjectBit::FirmwareLimited, ObjectBit::SvnLimited}) {
    KnownKey key;
    key.pub.attributes.set(bit);
    EXPECT_EQ(load(key.pub, marshalled(key.sensitive)).code, rc::Success);
  }
}

}  // namespace
}  // namespace vtpm::engine
