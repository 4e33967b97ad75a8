// SPDX-License-Identifier: Apache-2.0
// Part 3, 12.2: private areas that no TPM2_Create has made, but whoever knows the parent's seed.
#include "tests/engine/imports.h"

namespace vtpm::engine {
namespace {

using namespace testing;
namespace rh = wire::rh;

class Loading : public ::testing::Test {
 protected:
  // `plain` stands where the sensitive area does.
  Rc load_code(const wire::Public& pub, const Bytes& plain) {
    wire::Private blob(
        formula::child_wrap(parent.pub, imported_seed(parent.pub), compute_name(pub), plain));
    return tpm.run<Load>({parent.handle}, {blob, pub}).code;
  }
  static Bytes marshalled(const wire::Sensitive& sensitive) {
    return wire::to_wire(wire::Sized<wire::Sensitive>(sensitive));
  }

  TestTpm tpm;
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  KnownStorageKey known = known_storage_key(tpm);
  Made parent = import_storage_key(tpm, root.handle, known.pub, known.d);
};

// Part 2, 8.3.3.8 and 8.3.3.9: SET or CLEAR.
TEST_F(Loading, TakesWhatIsLimitedToFirmware) {
  for (ObjectBit bit : {ObjectBit::FirmwareLimited, ObjectBit::SvnLimited}) {
    SignerOf43 key;
    key.pub.attributes.set(bit);
    EXPECT_EQ(load_code(key.pub, marshalled(key.sensitive)), rc::Success);
  }
}

// Part 2, 6.6.3: not even where it is malformed.
TEST_F(Loading, SaysNothingOfWhatIsInside) {
  SignerOf43 key;
  const Bytes good = marshalled(key.sensitive);
  ASSERT_EQ(load_code(key.pub, good), rc::Success);
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(load_code(key.pub, to_bytes(ByteView(good).first(size))), rc::Sensitive) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(load_code(key.pub, longer), rc::Sensitive);
  for (size_t i = 0; i < 4; ++i) {
    Bytes altered = good;
    altered[i] = 0xFF;  // the size and the type
    EXPECT_EQ(load_code(key.pub, altered), rc::Sensitive) << i;
  }
  key.sensitive.type = AlgId::Rsa;  // a type, but another one
  EXPECT_EQ(load_code(key.pub, marshalled(key.sensitive)), rc::Type.parameter(1));
}

// As TPM2_Import and TPM2_LoadExternal do: only points are padded (Part 1, 44.5.3).
TEST_F(Loading, TakesPrivateScalarsWithoutLeadingZeros) {
  for (size_t size : {1u, 31u, 32u}) {
    SignerOf43 key(size);
    EXPECT_EQ(load_code(key.pub, marshalled(key.sensitive)), rc::Success) << size;
  }
  SignerOf43 key;
  key.sensitive.value = wire::PrivateValue(ByteView(Bytes(33, 1)));
  EXPECT_EQ(load_code(key.pub, marshalled(key.sensitive)), rc::KeySize.parameter(1));
}

}  // namespace
}  // namespace vtpm::engine
