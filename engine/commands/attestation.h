// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 18: attestation.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/attest.h"

namespace vtpm::engine {

struct Certify {
  static constexpr CommandInfo info{wire::CommandCode::Certify};
  struct Handles {
    AdminAuth<kind::Object> object;
    UserAuth<kind::ObjectOrNull> sign;
  };
  struct Params {
    wire::Data qualifying_data;
    wire::SignatureScheme in_scheme;
  };
  struct Reply {
    wire::AttestBytes certify_info;
    wire::SignatureOrNull signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Certify>& handles,
                              const Params& params);
};

struct CertifyCreation {
  static constexpr CommandInfo info{wire::CommandCode::CertifyCreation};
  struct Handles {
    UserAuth<kind::ObjectOrNull> sign;
    NoAuth<kind::Object> object;
  };
  struct Params {
    wire::Data qualifying_data;
    wire::Digest creation_hash;
    wire::SignatureScheme in_scheme;
    wire::CreationTicket creation_ticket;
  };
  using Reply = Certify::Reply;
  static TpmResult<Reply> run(Context& context, const Authorized<CertifyCreation>& handles,
                              const Params& params);
};

struct Quote {
  static constexpr CommandInfo info{wire::CommandCode::Quote};
  struct Handles {
    UserAuth<kind::ObjectOrNull> sign;
  };
  struct Params {
    wire::Data qualifying_data;
    wire::SignatureScheme in_scheme;
    wire::PcrSelections pcr_select;
  };
  struct Reply {
    wire::AttestBytes quoted;
    wire::SignatureOrNull signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Quote>& handles,
                              const Params& params);
};

struct GetSessionAuditDigest {
  static constexpr CommandInfo info{wire::CommandCode::GetSessionAuditDigest};
  struct Handles {
    UserAuth<kind::Endorsement> privacy_admin;
    UserAuth<kind::ObjectOrNull> sign;
    NoAuth<kind::HmacSession> session;
  };
  struct Params {
    wire::Data qualifying_data;
    wire::SignatureScheme in_scheme;
  };
  struct Reply {
    wire::AttestBytes audit_info;
    wire::SignatureOrNull signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<GetSessionAuditDigest>& handles,
                              const Params& params);
};

struct GetCommandAuditDigest {
  static constexpr CommandInfo info{wire::CommandCode::GetCommandAuditDigest, CommandFlag::Nv};
  struct Handles {
    UserAuth<kind::Endorsement> privacy_admin;
    UserAuth<kind::ObjectOrNull> sign;
  };
  using Params = GetSessionAuditDigest::Params;
  using Reply = GetSessionAuditDigest::Reply;
  static TpmResult<Reply> run(Context& context, const Authorized<GetCommandAuditDigest>& handles,
                              const Params& params);
};

struct GetTime {
  static constexpr CommandInfo info{wire::CommandCode::GetTime};
  struct Handles {
    UserAuth<kind::Endorsement> privacy_admin;
    UserAuth<kind::ObjectOrNull> sign;
  };
  using Params = GetSessionAuditDigest::Params;
  struct Reply {
    wire::AttestBytes time_info;
    wire::SignatureOrNull signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<GetTime>& handles,
                              const Params& params);
};

struct NvCertify {
  static constexpr CommandInfo info{wire::CommandCode::NvCertify};
  struct Handles {
    UserAuth<kind::ObjectOrNull> sign;
    UserAuth<kind::NvAuth> authority;
    NoAuth<kind::NvIndex> index;
  };
  struct Params {
    wire::Data qualifying_data;
    wire::SignatureScheme in_scheme;
    uint16_t size = 0;
    uint16_t offset = 0;
  };
  struct Reply {
    wire::SecretAttestBytes certify_info;
    wire::SignatureOrNull signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<NvCertify>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
