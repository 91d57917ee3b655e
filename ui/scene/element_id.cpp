#include "ui/scene/element_id.h"

namespace ui {
namespace {

// Low to high: 5 bits instrument, 5 element, 21 token, 11 layer, 13 expert, 9 value; numbers are stored plus one.
struct Field {
  int shift, bits;
};
constexpr Field kInstrument{0, 5}, kElement{5, 5}, kToken{10, 21}, kLayer{31, 11}, kExpert{42, 13}, kValue{55, 9};
static_assert(kValue.shift + kValue.bits <= 64);
static_assert(static_cast<int>(Instrument::Count) <= 1 << kInstrument.bits);
static_assert(static_cast<int>(Element::Count) <= 1 << kElement.bits);

SceneId put(Field field, int value) {
  return (static_cast<SceneId>(value) & ((SceneId{1} << field.bits) - 1)) << field.shift;
}
int get(Field field, SceneId id) { return static_cast<int>(id >> field.shift & ((SceneId{1} << field.bits) - 1)); }

}  // namespace

SceneId ElementId::pack() const {
  return put(kInstrument, static_cast<int>(instrument)) | put(kElement, static_cast<int>(element)) |
         put(kToken, token + 1) | put(kLayer, layer + 1) | put(kExpert, expert + 1) | put(kValue, value + 1);
}

ElementId unpack(SceneId id) {
  return {static_cast<Instrument>(get(kInstrument, id)),
          static_cast<Element>(get(kElement, id)),
          get(kToken, id) - 1,
          get(kLayer, id) - 1,
          get(kExpert, id) - 1,
          get(kValue, id) - 1};
}

}  // namespace ui
