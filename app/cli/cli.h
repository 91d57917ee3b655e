// The command line: `expertscope SUBCOMMAND ...`. Needs no display and starts no Qt.
//
// Results go to stdout, everything else to stderr. Exit status: 0 done, 1 failed, 2 wrong usage.
#pragma once

namespace app {

// Whether these arguments are for the command line: any first argument that is not an option of the window's toolkit.
bool isCommandLine(int argc, char** argv);

int runCli(int argc, char** argv);

}  // namespace app
