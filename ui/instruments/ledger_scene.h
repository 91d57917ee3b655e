#pragma once

#include "ui/instruments/look.h"
#include "ui/views/ledger_view.h"

namespace ui {

// Left: norm written by each layer, stacked. Right: a row a part: norm, share of the output, push on the next token.
Scene makeLedgerScene(const LedgerView& view, Size size, const Look& look);

// Shares of every layer's output as stacked areas; what is negative hangs below zero.
Scene makeLedgerOverLayersScene(const LedgerOverLayersView& view, Size size, const Look& look);

}  // namespace ui
