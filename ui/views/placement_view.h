// Experts on several devices, as a model of cost: what every device gets in the layer at the cursor, and what it costs
// as the batch grows, beside an even router and the least there can be (core/routing/placement.h).
#pragma once

#include <optional>

#include "core/trace/placed.h"
#include "ui/views/source.h"

namespace ui {

// What is asked for.
struct PlacementChoice {
  core::PlacementKind kind = core::PlacementKind::Contiguous;
  std::optional<core::DeviceMap> map;  // of a file: takes the place of kind and devices
  std::string fileName;                // of that file
  int devices = 4;                     // as many as there are experts at most
  int width = 0;                       // values of a state; 0: the model's
  int bytesAValue = 2;
  std::optional<double> factor;  // device-level capacity
};

struct PlacedExpert {
  int expert = 0;
  int64_t load = 0;  // kept choices
};

struct PlacedDevice {
  std::vector<PlacedExpert> experts;  // by number
  int64_t load = 0;
  int64_t dropped = 0;  // of them, beyond the slots
  double overIdeal = 0;
};

// A number beside what an even router has and the least it can be; empty where there is none.
struct PlacementFact {
  std::string name, value, chance, least;
};

struct PlacementCurve {
  std::string title;
  std::vector<int> tokens;            // of each batch
  std::vector<double> value, chance;  // chance: empty where not known
  std::vector<double> high;           // of chance; empty: no band
  double least = 0;
  bool share = false;  // written in percent
};

struct PlacementView {
  PanelText panel;
  int layer = 0, experts = 0, cursorExpert = 0;
  std::vector<PlacedDevice> devices;
  double ideal = 0;       // choices of a device
  int64_t capacity = -1;  // of a device; -1: all are taken
  int64_t highest = 0;
  std::vector<PlacementFact> facts;
  std::vector<PlacementCurve> curves;
  std::string about;  // width and type
  Description description;
};

// How the numbers are worked out.
std::vector<std::string> placementTip(const Phrases& say);

PlacementView makePlacementView(const ViewSource& source, const Cursor& cursor, const PlacementChoice& choice,
                                const Phrases& say);

}  // namespace ui
