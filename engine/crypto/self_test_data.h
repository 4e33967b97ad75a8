// SPDX-License-Identifier: Apache-2.0
// Known answers for self_test.cc, in hexadecimal; taken from tests/vectors/crypto, where their
// sources are named. Internal.
#pragma once

#include "engine/crypto/ecc.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/symmetric.h"

namespace vtpm::engine::crypto::known {

struct HashAnswer {
  HashAlg alg;
  const char* digest;
};
// Of the message "abc".
inline constexpr HashAnswer kHashes[] = {
    {HashAlg::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HashAlg::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HashAlg::Sha384,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca1"
     "34c825a7"},
    {HashAlg::Sha512,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23"
     "a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {HashAlg::Sm3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
    {HashAlg::Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    {HashAlg::Sha3_384,
     "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf2"
     "28376d25"},
    {HashAlg::Sha3_512,
     "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec576"
     "47e3934057340b4cf408d5a56592f8274eec53f0"},
};

// RFC 4231, test case 2: the key "Jefe".
inline constexpr const char* kHmacMessage = "what do ya want for nothing?";
inline constexpr HashAnswer kHmacs[] = {
    {HashAlg::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {HashAlg::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {HashAlg::Sha384,
     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ec"
     "fab21649"},
    {HashAlg::Sha512,
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65"
     "f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    {HashAlg::Sm3, "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"},
    {HashAlg::Sha3_256, "c7d4072e788877ae3596bbb0da73b887c9171f93095b294ae857fbe2645e1ba5"},
    {HashAlg::Sha3_384,
     "f1101f8cbf9766fd6764d2ed61903f21ca9b18f57cf3e1a23ca13508a93243ce48c045dc007f26a21b3f5e0e"
     "9df4c20a"},
    {HashAlg::Sha3_512,
     "5a4bfeab6166427c7a3647b747292b8384537cdb89afb3bf5665e4c5e709350b287baec921fd7ca0ee7a0c31"
     "d022a95e1fc92ba9d77df883960275beb4e62024"},
};

inline constexpr const char* kKdfaKey =
    "20272e353c434a51585f666d747b828990979ea5acb3bac1c8cfd6dde4ebf2f9";
inline constexpr const char* kKdfaU = "10171e252c333a41484f565d646b7279";
inline constexpr const char* kKdfaV = "141b222930373e454c535a61686f767d848b9299";
inline constexpr const char* kKdfaOut =
    "ef0d8cc67dd723bb1df091c676ac1584631114c09f0a85e7bbb09b73a97cdb64";

inline constexpr const char* kKdfeZ =
    "20272e353c434a51585f666d747b828990979ea5acb3bac1c8cfd6dde4ebf2f9";
inline constexpr const char* kKdfeU =
    "21282f363d444b525960676e757c838a91989fa6adb4bbc2c9d0d7dee5ecf3fa";
inline constexpr const char* kKdfeV =
    "222930373e454c535a61686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb";
inline constexpr const char* kKdfeOut =
    "9907cca49cf770ef2a5ebb1fc113da3abd3073b9dd88580aac5fa7d98e5d9420";

// MGF1 with SHA-256 of the seed 00 01 .. 1f, 40 bytes.
inline constexpr const char* kMgf1 =
    "70f4003d52b6eb03da852e93256b5986b5d4883098bb7973bc5318cc66637a8404a6950a06d3e330";

struct CipherAnswer {
  Cipher cipher;
  CipherMode mode;
  const char *key, *iv, *encrypted;
};
// The first two blocks of SP 800-38A's text.
inline constexpr const char* kCipherText =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
inline constexpr CipherAnswer kCiphers[] = {
    {Cipher::Aes, CipherMode::Ctr, "2b7e151628aed2a6abf7158809cf4f3c",
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"},
    {Cipher::Aes, CipherMode::Ofb, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed825"},
    {Cipher::Aes, CipherMode::Cbc, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"},
    {Cipher::Aes, CipherMode::Cfb, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"},
    {Cipher::Aes, CipherMode::Ecb, "2b7e151628aed2a6abf7158809cf4f3c", "",
     "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"},
    {Cipher::Aes, CipherMode::Ctr,
     "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"},
    {Cipher::Aes, CipherMode::Cfb,
     "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "000102030405060708090a0b0c0d0e0f",
     "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407b"},
    {Cipher::Camellia, CipherMode::Ctr, "2b7e151628aed2a6abf7158809cf4f3c",
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "b809140877dd16c076780904f83ded11bb41e64e9bf176ce05d4186b2586d4c9"},
    {Cipher::Camellia, CipherMode::Ofb, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "14f7646187817eb586599146b82bd719973291716c4d82d01a079e6df700e6eb"},
    {Cipher::Camellia, CipherMode::Cbc, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "1607cf494b36bbf00daeb0b503c831aba2f2cf671629ef7840c5a5dfb5074887"},
    {Cipher::Camellia, CipherMode::Cfb, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "14f7646187817eb586599146b82bd719a53d28bb82df741103ea4f921a44880b"},
    {Cipher::Camellia, CipherMode::Ecb, "2b7e151628aed2a6abf7158809cf4f3c", "",
     "432fc5dcd628115b7c388d770b270c960be1f14023782a22e8384c5abb7fab2b"},
    {Cipher::Camellia, CipherMode::Ctr,
     "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "47ba6eea51b438fcf21c3cc9887628171a7bbbfc7f6e9ee58646c3ef8dabc540"},
    {Cipher::Camellia, CipherMode::Cfb,
     "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "000102030405060708090a0b0c0d0e0f",
     "cf6107bb0cea7d7fb1bd31f5e7b06c9389bedb4ccdd864ea11ba4cbe849b5e2b"},
    {Cipher::Sm4, CipherMode::Ctr, "2b7e151628aed2a6abf7158809cf4f3c",
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "14ae4a72b97a93ce1216ccd998e371c160f7ef8b6344bd6da1992505e5fc219b"},
    {Cipher::Sm4, CipherMode::Ofb, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "bc710d762d070b26361da82b54565e4607a0c62834740ad3240d239125e11621"},
    {Cipher::Sm4, CipherMode::Cbc, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "ac529af989a62fce9cddc5ffb84125cab168dd69db3c0eea1ab16de6aea43c59"},
    {Cipher::Sm4, CipherMode::Cfb, "2b7e151628aed2a6abf7158809cf4f3c",
     "000102030405060708090a0b0c0d0e0f",
     "bc710d762d070b26361da82b54565e46a4cd42786a3a5293a3c6cbc123f0b354"},
    {Cipher::Sm4, CipherMode::Ecb, "2b7e151628aed2a6abf7158809cf4f3c", "",
     "a51411ff04a711443891fce7ab842a29d5b50f46a9a730a0f590ffa776d99855"},
};

// CMACs of kCipherText and of its first 20 bytes, with the key of SP 800-38B's examples.
struct CmacAnswer {
  Cipher cipher;
  const char *whole, *part;
};
inline constexpr const char* kCmacKey = "2b7e151628aed2a6abf7158809cf4f3c";
inline constexpr CmacAnswer kCmacs[] = {
    {Cipher::Aes, "ce0cbf1738f4df6428b1d93bf12081c9", "7d85449ea6ea19c823a7bf78837dfade"},
    {Cipher::Camellia, "42bbccf6e759c625e72bd485c4d943f1", "ee9c1a550649c844bcebac9f4a9d6728"},
    {Cipher::Sm4, "93e35c4af3e2b4423f07be9b87aa6b3f", "7e8d5e550154792a82724b32dfa2bfbf"},
};

// HMAC_DRBG: entropy input and nonce, and the second 128 bytes drawn.
inline constexpr const char* kRandomEntropy =
    "ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488659ba96c601dc69fc9029408"
    "05ec0ca8";
inline constexpr const char* kRandomOut =
    "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89d54fbb978a15b5c443c9ec21"
    "036d2460b6f73ebad0dc2aba6e624abf07745bc107694bb7547bb0995f70de25d6b29e2d3011bb19d27676c0"
    "7162c8b5ccde0668961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8";

// SeedStream of level 1, use "test", one context of one zero byte: the first 200 bytes.
inline constexpr const char* kDerivationSeed =
    "4fd6800b5ddf65323de29f59e5da90d3fa6778594e60e2ff4326622eff3e42c4ffb0cbd6d1735223365916ac"
    "2d97eb47b86c1573d1e640ff4f4020d805e01cd8";
inline constexpr const char* kDerivationOut =
    "a7266ba454810dc7891c12a89822328f378d8e0e95bf09d45d289f9a0d0edbfc5ae2c12f50dc15107e2a3e6b"
    "595fb8cca3672ef613782328f6bde0763e88286f029f84df87dd6d0d9c0d746518373c542257d3ed2304bff8"
    "6bb3db5530ff5dbc6ef862fff5fe1b999589cd89d81e72506e01675b005bb4ca63f604b220a1af17ee317baf"
    "8491323ed551641808a3a335a8766dbdc630d8ffbdbd9bdeaa5eb31252f34771a516b6b5802f5605e43d3b35"
    "9e6b3c23f6fa107c77e1639e3146c164e388e563e2c67774";

// RSA-2048 with the exponent 65537, a key that protects nothing.
inline constexpr const char* kRsaModulus =
    "a43d02e690f8032d558a0cbb0a08c2d623cef9542a18ec751a25118196b7d1adb4c3fb84905e35801a6d20c0"
    "db55d617870cc9268d1976c9e02f78728c4891254d378eefa4f16d043dcbc30392e28826bc465c71bc336146"
    "658b52c4bc51141ae46ab3457342784bb4906a09338f8f51571f569e9081e36dfc2cdc69bace3e9dece3a430"
    "9b2d172f342981a154467fdb1582fec10d1b450928ddba5fb069400300b5b05eddb0f5badfe7e01d3ad4a2fc"
    "e61cc22a13dab44abd217b8f70a5e758546d4a400f08841a6994b81cee6f6817f5bbe6f55626aa6a372db574"
    "d31eb7f05016ea59c145c6f8f8e6b23cd284f0167226b56706ab7605d3a06ce5aafb2885";
inline constexpr const char* kRsaPrime =
    "d5542b19b77f66adc0c100fcb1a7b43315dcf1cafb9e7ff50f740e0883e4a34dd3cc1838329a5e019a1a4cb3"
    "d9af74844f9c5fad0b1fa217a1ba2c4614f3a3b40c05f4bceb233fb11d3cce23c673ae3401455f046569ee4c"
    "ac0a1d7d6fe30d5349ba67ed432ddcb6c0f2514ac1bd9cbe7f396e37a8a42f5d4164246068d301f3";
inline constexpr const char* kRsaRawIn =
    "00ff060d141b222930373e454c535a61686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb020910171e25"
    "2c333a41484f565d646b727980878e959ca3aab1b8bfc6cdd4dbe2e9f0f7fe050c131a21282f363d444b5259"
    "60676e757c838a91989fa6adb4bbc2c9d0d7dee5ecf3fa01080f161d242b323940474e555c636a71787f868d"
    "949ba2a9b0b7bec5ccd3dae1e8eff6fd040b121920272e353c434a51585f666d747b828990979ea5acb3bac1"
    "c8cfd6dde4ebf2f900070e151c232a31383f464d545b626970777e858c939aa1a8afb6bdc4cbd2d9e0e7eef5"
    "fc030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3eaf1";
inline constexpr const char* kRsaRawOut =
    "55a7053696e456f0e73a53182a823a74e44c3269cdfa1c66138e1931d5dd98079fcd3f0931f0a79e056967bb"
    "084e28535b2e59a665f33f55711ebebaf4756d7aca10280940617f645805c1f788836a11d5a7ede88dca1ada"
    "c45f84bdb1f20380ba0088f5ff4f37aac255089fb9227dc4d299823f7f72a7958bda728b5b7a35bd99897242"
    "7b36cc09da713ac38ee03dc1670678ee5baaefddabf15b1e555c2099b164eef28ef5dc190fe1a78105d86e7d"
    "c56deedd788b6be01c2323f119a26c465ba3d41d5c881ca75a4cb1ecd5c8b5c65f077353f2f226752fee1e86"
    "84da89442cf33d2827ea3de865b7a9e72236ef79ba7025b6ca7a556c924bc09d0f8a556d";
// Signatures of SHA-256 of "abc".
inline constexpr const char* kRsassa =
    "369b1cd00fad0a521d28deeada2d3a215f1d2bcc08f0d29a550a9f9faa36e22282f648daa7460cd1fe0055b0"
    "b17de953cb67eb5b6da93be5bcee4929cba8b85ac8c8a7d75febb04bf44ae7d13c1316245f6454728cab0a4e"
    "e3567355f1e89f82317f4a8b7b2755219ff4ee54dd2ea52fd000352a6a98dc2d386f9f3227fd3cd9e4bd9a16"
    "5f45fea5e13ac4e33914b3d9c133fbeae529bdd7a16221ab538aaf3f04bed266868798022e5691fd231e73fe"
    "902c2fad018798c5baa67e7a43759958be100962be794f87557c1336ff780af5ee89533e7ed029d5d412e193"
    "8ee7778575ccf0b720121ee6d489d042cd10cb41915b5c1cd1160abe58591b8331bfba50";
inline constexpr const char* kRsapss =
    "a2b3855988e26c094e8e0b94808e11be213afb73e2c6384f878495091f1b6e366fe5fd6ea8cfcf02f916d476"
    "3d62647fd9fe803dd018cb2cfc3f1263b0dbb7243102321217584e91eb39c443a7dce0b7f4ecbd8f1a5481c3"
    "7a0df57c4c37b696c1d99537e1022fdb811635dac84d9c54e8424078ffb71523b7dc1565504d1fdb64c07b2f"
    "7305fe3e43754ef8ff388f3f9ef67db9494c0b41927a3fad48690aeef6c495565d76a3b7f18108cea6549bb2"
    "adedf654c393471e6856c1ea427c40227065a00020c9d6a60f3d79ffce3747e17e73d7e79632378b8300bdfb"
    "e4ca0cab430bf9c02373a2ca8d17e0192aacb536c3d0b5729aa6a6e9aa3399ddea4f5bfb";
// With SHA-256 and the label "DUPLICATE" with its zero octet.
inline constexpr const char* kOaepIn = "141b222930373e454c535a61686f767d848b9299";
inline constexpr const char* kOaepOut =
    "2ddb8d180c90e845df0f7f6fd26976a1c96e21bccd8fe29f572b436054c3fa491cf2b89d56440dd43afe3486"
    "c89de5741bb5ac01ef80c1c887eb310563b5f5a487b971673baad78e7438c5825f4c37a73055050a081b834f"
    "97a5a1b5d2fff0e54a7f59b41d50b5055a4b0ffe48950cf224dfd9ad2f46742c7330c6b62597502ad1b1fc76"
    "490915c33a1e3b2429ddf38fecb430f9c05138cd3aec8a0c86bf217de2ca9cabf0ba6902b4e4beab400dc1b9"
    "5b2712501b66eaf3578e9cf930e13cee1167ba990591ba820ac2825b5819bac9efd8aa53021487de6a7befa6"
    "a72a9aa98c99987f2a7b34b8966ffbd098c42fce67896ff0af8ca04a893ac1a7dd3b9b15";
inline constexpr const char* kRsaesIn =
    "21282f363d444b525960676e757c838a91989fa6adb4bbc2c9d0d7dee5ecf3fa01";
inline constexpr const char* kRsaesOut =
    "788e4137712a0f73dd281768956912280266ce3249e1c4b77f5313a011d54d5b1613d0b0da63872d8aea4615"
    "f1269614229b8cbe96b556474b505f2d426b0f9b17aacfbbda0363954ea5290574ac28778a5f25db2a104991"
    "8bac3270c2010b338c7d7938c0a518aa5fa8b7e411ae638f20a13bd568f2f67e1bdb8616e7683a2dfcc590fe"
    "5c7e96dfcdeadcef55b7e26ed4e3b555d83e71ad57ed67489668429e654784b20d0b0192c377867ad346483b"
    "e5d31b5bbaac38225ef45fe60947fab396826a4cf04a6d090eacb776ebe8c0ad2be586be8942c8c19cb96006"
    "579d0fd185cbc99f14088770479169798ba910d630f84b380b9b36fd0aaa629fb4b8e996";

struct CurveAnswer {
  Curve curve;
  const char *d, *x;
};
// Private keys and the x coordinates of their public points.
inline constexpr CurveAnswer kCurves[] = {
    {Curve::P192, "4e98df43777f3b33164b87dd4ca31882d523c6ba5f92f5cc",
     "e4a39d72efe1923d09ac368d4941ec05d880aa0dfabec34f"},
    {Curve::P224, "798bbc8fed2c025f48d88907b918336958b32d436f1864fc8dc0d73b",
     "1749cca64a505c188b8981c410d8b37bacc479b8261433d0d0f0126e"},
    {Curve::P256, "0d7345556afba9ffc629fc7b2db19c47e0a0919eb60b13ee7c0b283c2a545c05",
     "60cd7464748e4852aabfbf9345e7e867ec4e528ef8720b15c6d24454a465b084"},
    {Curve::P384,
     "c46625cea57a1223352cefb6c6b3bf9f7bff4160bcefd390f0b940b6f1751e6c2457b149f6641ef4be3d9d21"
     "ee5d7475",
     "a9fc06e366ae75c14d54ee80fddb32eb4970553da7bc4f7c27549337cad0b6188012b490f4e451a9c220a85d"
     "745518be"},
    {Curve::P521,
     "01debc758477f42729901c6c1a288c88c6676e9c56c386f6ef41d11969f1c693ccdaf9695723397e47373787"
     "5e6cf0f83b6040e8ea90c87dcdfdebe9e370d5a61715",
     "014f58b3578435f2095e997e4fc242e81741a1c016778ba05469a153ae0ada64d3f4c81e4caab86de04ec08d"
     "8ec7459f202dcb407f1635e27ca314ef104b12da6325"},
    {Curve::BnP256, "c81b021331344adcdd57a84413824fe14faa33769d9982e13d00c260e643b0f7",
     "5520233874e199805aba11fbdc40e0ca3f9f09720d7954df9cf21a12d30f203d"},
    {Curve::Sm2P256, "b53bc67b0fa89e74d27d02df8be6c1115305e2df29970c5a11e8598215897b30",
     "51cd6de6854075249e236b2f85e5b22f6ee8eb34606201ddc23060ca8cee8a27"},
};

// P-256, SHA-256: a signature of the text below that libtpms 0.9 has made.
inline constexpr const char* kEcSchnorrText = "ecc256 ecschnorr";
inline constexpr const char* kEcSchnorrX =
    "aaee9308530ca99d81eaf4841a36ebed71659476f83f7c5db71cbf7398a41cf0";
inline constexpr const char* kEcSchnorrY =
    "eb7cb90a7d0c87545573f4e20e549d3f37a12287e4d5c2b500fc39d4263f66d0";
inline constexpr const char* kEcSchnorrR =
    "378947a89c7d340006254acb2fd64d8b504f7e7f63947fb7d3a5c8996073b64f";
inline constexpr const char* kEcSchnorrS =
    "8822f72671ab3eb27d000d4f0feec39232f1d7e7836eba3ab3b02957ab3a521f";

// GM/T 0003.5: its own curve, SM3 of Z_A and "message digest".
inline constexpr const char* kSm2X =
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
inline constexpr const char* kSm2Y =
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
inline constexpr const char* kSm2Digest =
    "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640";
inline constexpr const char* kSm2R =
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
inline constexpr const char* kSm2S =
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

// RFC 6979, A.2.5: P-256, SHA-256 of "sample".
inline constexpr const char* kEcdsaX =
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
inline constexpr const char* kEcdsaY =
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
inline constexpr const char* kEcdsaR =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
inline constexpr const char* kEcdsaS =
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

// ECDH on P-256.
inline constexpr const char* kEcdhD =
    "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534";
inline constexpr const char* kEcdhX =
    "700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287";
inline constexpr const char* kEcdhY =
    "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac";
inline constexpr const char* kEcdhZ =
    "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b";

// DHKEM(P-256, HKDF-SHA256), RFC 9180, A.3.1.
inline constexpr const char* kDhkemD =
    "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2";
inline constexpr const char* kDhkemCiphertext =
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c"
    "0900be863c403ce65c9bfcb9382657222d18c4";
inline constexpr const char* kDhkemSecret =
    "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8";

struct ExchangeAnswer {
  Curve curve;
  const char *static_a, *ephemeral_a, *static_x, *static_y, *ephemeral_x, *ephemeral_y, *z;
};
inline constexpr ExchangeAnswer kMqv = {
    Curve::P256,
    "b4c0f08bce5387acdbebe401b6f26d600a4d1f92ff4f205349d62abc471b1368",
    "4daf2cd4481f51dd453c3503ecff08553e60c39eb23b5ee9f4459e28c12dc04e",
    "1cc58d22b91c971ef449595f300d2adc7b0c621b53b5545d72237d75c056e926",
    "3d72a176671e57b779dfe5ec02bc706968ab4bf58e80448ab0c48f5b0d20ade9",
    "7f27ad9097a4e72495d6ae23ad7ef3e4095dfe584c85640e4a8d22175ee02820",
    "6549df5cc6cbdd614e30aa3119d668870123c7c4417ce490bc4d57527aa4ae66",
    "e996804b45296d2a18326f8245f0636d23d0755c54986cfe1a383d7084968b99"};
inline constexpr ExchangeAnswer kSm2Exchange = {
    Curve::Sm2P256,
    "81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029",
    "d4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3",
    "6ae848c57c53c7b1b5fa99eb2286af078ba64c64591b8b566f7357d576f16dfb",
    "ee489d771621a27b36c5c7992062e9cd09a9264386f3fbea54dff69305621c4d",
    "acc27688a6f7b706098bc91ff3ad1bff7dc2802cdb14ccccdb0a90471f9bd707",
    "2fedac0494b2ffc4d6853876c79b8f301c6573ad0aa50f39fc87181e1a1b46fe",
    "c558b44bee5301d9f52b44d939bb59584d75b9034dd6a9fc826872109a65739f"};

// GM/T 0003.5, example of public key encryption.
inline constexpr const char* kEncryptionD =
    "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
inline constexpr const char* kEncryptionX =
    "04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73";
inline constexpr const char* kEncryptionY =
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0";
inline constexpr const char* kEncryptionC2 = "21886ca989ca9c7d58087307ca93092d651efa";
inline constexpr const char* kEncryptionC3 =
    "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766";
inline constexpr const char* kEncryptionText = "656e6372797074696f6e207374616e64617264";

}  // namespace vtpm::engine::crypto::known
