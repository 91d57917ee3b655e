// A fingerprint of a model's content: XXH3, 128 bits, over the text of config.json and, file by file in the order of
// their names, header and data. Of a file above 64 MiB the data enters as 1,024 blocks of 4 KiB, evenly spaced from the
// first byte to the last. It tells models apart; it is no protection against a forger.
#pragma once

#include <string>
#include <string_view>

#include "core/model/weight_files.h"

namespace core {

Result<std::string> contentHash(std::string_view config, const WeightFiles& files);  // 32 hex digits

}  // namespace core
