// Models from the catalog, the engine picked for this machine, and the user's session database: what the window runs
// on.
#pragma once

#include "app/run_room.h"

namespace app {

Services programServices();

}  // namespace app
