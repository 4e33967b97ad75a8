// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <type_traits>

#include <gtest/gtest.h>

namespace vtpm {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);

const Bytes kBytes{1, 2, 3, 4};

TEST(Secret, HoldsZerosOrACopy) {
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(to_bytes(Secret(3).view()), (Bytes{0, 0, 0}));
  EXPECT_EQ(to_bytes(Secret(ByteView(kBytes)).view()), kBytes);
  EXPECT_TRUE(Secret(ByteView()).empty());
  EXPECT_TRUE(Secret(size_t{0}).view().empty());
}

TEST(Secret, MovingLeavesNothingBehind) {
  Secret from{ByteView(kBytes)};
  Secret to(std::move(from));
  EXPECT_EQ(from.size(), 0u);
  EXPECT_EQ(to_bytes(to.view()), kBytes);
  Secret assigned(7);
  assigned = std::move(to);
  EXPECT_EQ(to.size(), 0u);
  EXPECT_EQ(to_bytes(assigned.view()), kBytes);
  Secret& itself = assigned;
  assigned = std::move(itself);
  EXPECT_EQ(to_bytes(assigned.view()), kBytes);
}

TEST(Secret, AClonedOneIsItsOwn) {
  Secret first{ByteView(kBytes)};
  Secret second = first.clone();
  second.bytes()[0] = 9;
  EXPECT_EQ(to_bytes(first.view()), kBytes);
}

TEST(Secret, TruncatingWipesTheRest) {
  Secret secret{ByteView(kBytes)};
  const uint8_t* memory = secret.view().data();
  secret.truncate(1);
  EXPECT_EQ(to_bytes(secret.view()), (Bytes{1}));
  // The memory is still the secret's own: it may be looked at.
  EXPECT_EQ(to_bytes(ByteView(memory, 4)), (Bytes{1, 0, 0, 0}));
  secret.truncate(1);
  secret.truncate(0);
  EXPECT_TRUE(secret.empty());
}

TEST(Secret, WipeOverwrites) {
  Bytes bytes = kBytes;
  wipe(MutableByteView(bytes).subspan(1, 2));
  EXPECT_EQ(bytes, (Bytes{1, 0, 0, 4}));
  wipe({});
}

TEST(Secret, ComparesLengthAndContent) {
  const Bytes same = kBytes;
  EXPECT_TRUE(constant_time_equal(kBytes, same));
  EXPECT_TRUE(constant_time_equal({}, {}));
  EXPECT_FALSE(constant_time_equal(kBytes, ByteView(same).first(3)));
  for (size_t i = 0; i < same.size(); ++i) {
    Bytes other = same;
    other[i] ^= 0x80;
    EXPECT_FALSE(constant_time_equal(kBytes, other));
  }
}

TEST(SharedSecret, SharesOneCopy) {
  EXPECT_TRUE(SharedSecret().empty());
  EXPECT_EQ(SharedSecret().size(), 0u);
  const SharedSecret first = Secret(ByteView(kBytes));
  const SharedSecret second = first;
  EXPECT_EQ(first.view().data(), second.view().data());
  EXPECT_EQ(to_bytes(second.view()), kBytes);
}

}  // namespace
}  // namespace vtpm
