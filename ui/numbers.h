// Numbers as the look writes them: U+2212 for minus, a narrow no-break space before %, commas in counts. What is
// undefined (not a number) is an en dash.
#pragma once

#include <cstdint>
#include <string>

namespace ui {

std::string scoreText(double value);           // 0.124, <0.001, scores, weights, probabilities
std::string signedText(double value);          // +0.73, −2.11, 0.00: logits and pushes
std::string signedScoreText(double value);     // +0.011: differences of scores
std::string normText(double value);            // 57.6
std::string shareText(double fraction);        // 11.7 %
std::string signedShareText(double fraction);  // +78.4 %
std::string wholeShareText(double fraction);   // 56 %
std::string ratioText(double value);           // 1.47, "x ideal"
std::string natsText(double value);            // 2.48
std::string errorText(double value);           // 8e-7
std::string countText(int64_t value);          // 4,096
std::string fourText(double value);            // −2.0838: the inspector
std::string fullText(float value);             // shortest that reads back to the same float: copied tables
std::string shortText(double value);           // 1, 0.5, 7.5: at most two decimals, none that is not needed

// E08, E008 from 100 experts on; L3; L3E08.
std::string expertLabel(int expert, int experts);
std::string expertNumber(int expert, int experts);  // 08
std::string layerLabel(int layer);
std::string placeLabel(int layer, int expert, int experts);

}  // namespace ui
