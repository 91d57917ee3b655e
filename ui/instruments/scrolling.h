// Moving what is in view without moving the cursor: the wheel over the token strip, over tokens x experts and over
// measures. Each works from the scene that is shown, since only that knows how much there is room for; moving the
// cursor makes the first two follow it again (`first`, `scrolledTo` -1).
#pragma once

#include <optional>

#include "ui/scene/scene.h"
#include "ui/views/heat_views.h"
#include "ui/views/token_strip_view.h"

namespace ui {

constexpr float kMostPitch = 24;  // px a token of tokens x experts

// Notches: to the right and down are positive, a quarter of what is in view each.
void scrollTokenStrip(TokenStripOptions& options, const Scene& shown, float notches);
void scrollMeasures(int& scrolled, const Scene& shown, float notches);
void panTokensExperts(TokensExpertsOptions& options, const Scene& shown, float notches);

// `factor` over 1: closer. The token at `x` (in the scene's coordinates) stays where it is; without one the window
// follows the cursor.
void zoomTokensExperts(TokensExpertsOptions& options, const Scene& shown, std::optional<float> x, float factor);

// The token is in view in the strip, or in tokens x experts.
bool showsToken(const Scene& shown, Instrument instrument, int token);

}  // namespace ui
