#pragma once

#include "suite/ranks/session.hpp"

namespace reprise::ranks {

/// The session of this test program.
Session& session();

}  // namespace reprise::ranks
