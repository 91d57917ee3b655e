// Whether a window can be opened at all, asked before Qt is: Qt ends the process where there is no display.
#pragma once

namespace app {

// True if the environment names a display or another platform for Qt.
bool hasDisplay();

// The one line for a machine without.
const char* noDisplayMessage();

// From now on a display that cannot be reached ends the program with that line and exit code 1.
void explainMissingDisplay();

}  // namespace app
