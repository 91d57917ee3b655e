// Checks a document against a JSON schema, with the keywords that assets/schemas use: type, const, enum, required,
// properties, additionalProperties, items, minimum, $ref into $defs. A schema with any other keyword fails the check,
// so that none is overlooked.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace test {

// One line a violation, `/runs/0/id: expected integer, found "a"`; empty if there is none. At most ten lines.
std::string schemaViolations(const nlohmann::json& document, const nlohmann::json& schema);

// The same against assets/schemas/<name>.json.
std::string documentViolations(const nlohmann::json& document, const std::string& name);

}  // namespace test
