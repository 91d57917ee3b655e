#pragma once

namespace core {
const char* version();  // of the program, as in `expertscope --version`
}
