// The command line: `expertscope SUBCOMMAND ...`. Needs no display and links no Qt: who draws pictures is handed in.
//
// Results go to stdout, everything else to stderr. Exit status: 0 done, 1 failed, 2 wrong usage.
#pragma once

#include "app/cli/painter.h"

namespace app {

// Whether these arguments are for the command line: any first argument that is not an option of the window's toolkit.
bool isCommandLine(int argc, char** argv);

int runCli(int argc, char** argv, const Painter& painter);

}  // namespace app
