#pragma once

#include "ui/instruments/look.h"
#include "ui/views/token_strip_view.h"

namespace ui {

// Tokens wrap into the rows there are (at most `rows`), then scroll with the cursor in the middle third.
Scene makeTokenStripScene(const TokenStripView& view, Size size, const Look& look, int rows = 2);

}  // namespace ui
