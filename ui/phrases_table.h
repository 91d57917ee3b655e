// The keys of all visible strings and their English text. {0}, {1} are filled in.
#pragma once

// clang-format off
#define UI_PHRASES(X) \
  /* small words */ \
  X(First, "first") X(Second, "second") X(Third, "third") X(Fourth, "fourth") X(Fifth, "fifth") \
  X(Sixth, "sixth") X(Seventh, "seventh") X(Eighth, "eighth") X(Ninth, "ninth") X(Tenth, "tenth") \
  X(OrdinalSt, "{0}st") X(OrdinalNd, "{0}nd") X(OrdinalRd, "{0}rd") X(OrdinalTh, "{0}th") \
  X(ListNext, "{0}, {1}") X(ListLast, "{0} and {1}") \
  X(Yes, "yes") X(No, "no") X(NoneWord, "none") X(Nats, "nats") \
  X(PlaceSentence, "{0}, layer {1}, token {2} \u201C{3}\u201D: ") \
  /* why there is nothing to show */ \
  X(NothingOpen, "Nothing is open yet.") \
  X(NothingOpenWhy, "Open the bundled model, or drop a model folder or a snapshot here.") \
  X(OpenBundled, "Open seed-7m") X(OpenOther, "Open\u2026") X(NoModelOpen, "no model open") \
  X(TeachTokens, "Each token of the run in its real text, coloured by what the router did.") \
  X(TeachDispatch, "Who gets a slot at each expert, in the order they are served, and who comes too late.") \
  X(TeachLoad, "How many choices fall on each expert, beside an even share.") \
  X(TeachLayersExperts, "One token through all layers: which experts score high, which are chosen.") \
  X(TeachTokensExperts, "One layer through all tokens: which expert takes which token.") \
  X(TeachLedger, "What made each layer\u2019s output: residual, attention, each routed expert, shared.") \
  X(TeachLedgerOverLayers, "The ledger of all layers, as shares of their outputs.") \
  X(TeachLoadByLayer, "The load of every layer, on one scale.") \
  X(TeachDrops, "Where in the run choices are dropped, over what queueing alone would drop.") \
  X(TeachPrediction, "What the model expects next, and what came.") \
  X(NothingRead, "This model has not read anything yet.") \
  X(NothingReadWhy, "Write a prompt and press Ctrl Enter, or take a sample.") \
  X(WritePrompt, "Write a prompt") X(SamplePrompt, "Sample prompt") X(NoRun, "no run") \
  X(LayerHasNoRouter, "Layer {0} has no router.") \
  X(LayerHasNoRouterWhy, "It is one feed-forward block for all tokens. The next layer with experts is {0}.") \
  X(GoTo, "Go to {0}") X(IsDense, "{0} is dense") \
  X(NoRouterAtAll, "This model has no experts.") \
  X(NoRouterAtAllWhy, "Every layer is one feed-forward block for all tokens, so there is nothing to route.") \
  X(RoutingOnly, "This run kept routing only.") \
  X(RoutingOnlyWhy, "Contributions need capture level \u201Cledger\u201D. Model and prompt are known, so it can be run again.") \
  X(RoutingOnlyNoModel, "Contributions need capture level \u201Cledger\u201D, and the model of this recording is not open.") \
  X(RunAgainWithLedger, "Run again with ledger") X(Locked, "locked") \
  X(NotKept, "This run did not keep this.") X(NotKeptWhy, "The quantity {0} is recorded at capture level \u201Cfull\u201D only.") \
  X(NotRun, "Token {0} has not been run.") \
  X(NotRunWhy, "The last token of a run is chosen, but the model has not read it yet.") \
  X(TokensOf, "{0} of {1} tokens") X(NotReachedYet, "The run has not reached token {0} yet. The picture grows while it goes on.") \
  X(Cancel, "Cancel") X(Running, "running") \
  X(RunningWhy, "The picture grows while the run goes on.") X(SecondsLeft, "About {0} s left.") \
  X(NothingDropped, "Nothing is dropped.") \
  X(NothingDroppedWhy, "This model serves every choice. Set a capacity factor to see what would be dropped; it is labelled simulated.") \
  X(SimulateCapacity, "Simulate capacity 1.0") X(NoCapacityRule, "no capacity rule") \
  X(NothingDroppedHere, "This model serves every choice, so nothing is dropped.") \
  X(DropsOfRagged, "Tokens have different numbers of experts here.") \
  X(DropsOfRaggedWhy, "By position, drops are compared with a queue of as many choices for each token. The Measures of the lab have the drops of this routing by quarter.") \
  X(RuleDoesNotFit, "This capacity rule does not fit the model.") \
  /* columns of tables */ \
  X(ColumnToken, "token") X(ColumnText, "text") X(ColumnDropped, "dropped") X(ColumnExpert, "expert") \
  X(ColumnLayer, "layer") X(ColumnSlot, "slot") X(ColumnChoice, "choice") X(ColumnPart, "part") \
  X(ColumnPlace, "place") X(ColumnProbability, "probability") X(ColumnStage, "stage") X(ColumnValue, "value") \
  X(ColumnReason, "reason") \
  /* token strip */ \
  X(TokensTitle, "Tokens") X(PromptCount, "prompt {0}") X(GeneratedCount, "generated {0}") \
  X(DroppedChoiceAt, "dropped choice at {0}") \
  X(LensFirstExpert, "Colour: 1st expert at {0}") X(LensSurprisal, "Colour: surprisal, nats") \
  X(LensEntropy, "Colour: router entropy at {0}, nats") X(LensMargin, "Colour: margin at {0}") \
  X(LensWeight, "Colour: 1st weight at {0}") X(LensSharedShare, "Colour: shared share at {0}") \
  X(LensDropped, "Colour: dropped choices, all layers") \
  X(StripSays, "{0} tokens, {1} of the prompt and {2} generated; {3} choices dropped at {4}.") \
  /* stages */ \
  X(StageTitle, "Stages") X(StageLogits, "logits") X(StageScores, "scores") X(StageChoice, "choice") \
  X(StageCapacity, "capacity") X(StageExperts, "experts") X(StageCombine, "combine") X(StageResult, "result") \
  X(MaxOf, "max {0}") X(EntropyOf, "H {0} nats") X(KeptOf, "{0} of {1} kept") X(NoRule, "no rule") \
  X(SumOfWeights, "\u03A3w {0}") X(NotKeptShort, "not kept") \
  X(LogitsSentence, "{0} has the highest raw logit, {1}: {2} above {3}. The lowest is {4} with {5}. A logit has no zero; only differences count.") \
  X(LogitsSentenceOne, "{0} is the only expert, its raw logit is {1}.") \
  X(NoScoreSentence, "This family chooses on the raw logits; there is no score before the choice.") \
  X(SoftmaxSentence, "Softmax makes shares of the logits: {0} gets {1}, {2} times the {3} of a uniform router.") \
  X(SigmoidSentence, "A sigmoid of each logit: {0} gets the highest score, {1}. Scores need not add up to 1.") \
  X(EntropyOfAtMost, "Entropy is {0} of at most {1} nats.") \
  X(ChoiceSentence, "The top {0} of {1} by selection score: {2}.") \
  X(EveryExpertChosen, " Every expert is chosen.") \
  X(ChoiceClose, " {0} is only {1} ahead of {2}: a close call.") X(ChoiceClear, " {0} is {1} ahead of {2}.") \
  X(CapacitySimulated, "Capacity, simulated:") \
  X(ServesSlots, "{0} serves {1} = {2} choices.") \
  X(NotChosenHere, "This token did not choose it; {0} of {1} slots are taken.") \
  X(GeneratedNeverDrops, "This token was generated one at a time; a single token never waits, so every choice is kept.") \
  X(ChoiceKept, "This token\u2019s {0} choice came {1}: kept, {2} slots were left behind it.") \
  X(ChoiceDropped, "This token\u2019s {0} choice came {1}, {2}: dropped, weight {3} unused.") \
  X(BehindServed, "behind {0} choices served before it ({1})") \
  X(ServedInOrder, "order {0}") X(ServedInGroup, "{0}, tokens {1}\u2013{2} of {3}") \
  X(BehindSame, "behind {0} earlier {1} choices") \
  X(BehindBoth, "behind {0} first choices and {1} earlier {2} choices") \
  X(BehindBothMany, "behind {0} better choices and {1} earlier {2} choices") \
  X(NeedsLedger, "Norms need capture level \u201Cledger\u201D; this run kept routing only.") \
  X(ExpertsSentence, "{0}.") X(ExpertWrote, "{0} with norm {1} times weight {2} = {3}") \
  X(CombineRaw, "The applied weights sum to {0}: this family does not renormalise them, so an unsure router writes less.") \
  X(CombineNormed, "The applied weights sum to {0} after normalising over the chosen experts.") \
  X(ResultSentence, "The stream leaves with norm {0}: residual {1}, attention {2}, routed {3}, shared {4} of it by projection.") \
  /* router */ \
  X(OfAttention, "{0} \u00B7 attention") \
  X(AttentionExpertsTogether, "What the chosen attention experts wrote is kept as one part, attention: the ledger has its norm and push.") \
  X(RouterTitle, "Router") X(LayerAndToken, "{0} \u00B7 token {1}") X(ByExpert, "by expert") X(ByScore, "by score") \
  X(RawLogit, "raw logit") X(RawLogitRange, "raw logit, {0} to {1}") X(Score, "score") X(Selection, "selection") \
  X(ScoreIsSelection, "score = selection") X(SelectionAsScore, "selection (= score here)") X(SelectionAsLogit, "selection (= logit here)") X(SelectionIsLogit, "selection = logit") X(Rank, "rank") \
  X(AppliedWeight, "applied weight") X(Next, "next") X(WeightWord, "weight") X(Masked, "masked") \
  X(Margin, "Margin") X(Over, "{0} over {1}") X(Close, "close") X(Uniform, "uniform") X(AllChosen, "every expert is chosen") \
  X(RankedExpert, "{0} {1}") X(Ahead, ", {0} {1} ahead of {2}") X(OnlyAhead, ", {0} only {1} ahead of {2}") \
  X(UniformWouldBe, "; uniform would be {0}.") \
  /* dispatch */ \
  X(DispatchTitle, "Dispatch") X(Simulated, "simulated") X(Recorded, "recorded") X(Exact, "exact") X(Late, "late") \
  X(CameTooLate, "came too late") X(ChoicesWord, "{0} choice") X(SlotsInOrder, "slots {0} to {1}, in the order served") \
  X(TokenInEachSlot, "token in each slot") X(TimesOver, "{0}\u2013{1}") \
  X(DroppedOf, "{0} of {1} dropped") X(RuleWord, "Rule") X(CapacityFactor, "Capacity factor") X(Capacity, "Capacity") \
  X(SlotsCount, "{0} slots") X(AtTheCursor, "At the cursor") X(FirstChoicesFirst, "first choices first") \
  X(SimulatedHead, "Simulated") X(ExactHead, "Exact") X(AboutSimulated, "The run was recorded without a capacity rule. Drops are decided again from the recorded logits; later layers are not run again.") \
  X(DispatchSays, "{0} of {1} choices came too late, {2} of them at {3}, most ({4}) at {5}; capacity {6}, {7}.") \
  X(AboutExact, "The model\u2019s own rule decided while it ran; later layers saw the result.") \
  X(AboutReplayed, "The model ran with {0}, factor {1}. Drops are decided again on its choices; later layers are not run again.") \
  X(AboutNoRule, "Every choice is served. Pick a rule to see what it would drop.") \
  X(NoRuleName, "none: every choice is served") X(RuleWithOrder, "{0}, {1}") \
  X(RuleFitsNot, "does not fit") X(RuleSlots, "{0} = {1} slots") X(DroppedHere, "{0} of {1} dropped at {2}") X(DroppedEverywhere, "{0} of {1} in all layers") \
  X(CapacityNeedsRouting, "The choices of this run are not there, so nothing can be decided again.") \
  X(ByPositionTitle, "Drops by position") X(ByPositionSub, "Dropped share by token position, over its three nulls") \
  X(ByPositionShort, "{0} \u00B7 {1}, factor {2}") \
  X(ThisRun, "this run") X(OwnShares, "this run\u2019s shares") X(Shuffled, "own choices, shuffled") X(UniformRouter, "uniform router") \
  X(ByPositionSays, "{0} of choices are dropped at the start and {1} at the end; a uniform router would drop {2} and {3}.") \
  /* load */ \
  X(LoadTitle, "Load") X(WholeRun, "whole run") X(UpToToken, "up to token {0}") X(TokensFromTo, "tokens {0} to {1}") \
  X(Ideal, "ideal") X(CapacityShort, "C {0}") X(TimesIdeal, "\u00D7 ideal") X(MaxVio, "MaxVio") X(Dead, "dead") \
  X(Kept, "kept") \
  X(LoadSays, "{0} has {1} \u00D7 ideal, {2} {3}; an even router would give each {4} choices.") \
  X(LoadEntropySays, " The entropy of the shares is {0} of at most {1} nats.") X(LoadDeadSays, " Without a choice: {0}.") \
  X(EntropyOfMost, "{0} of {1}") \
  X(LoadByLayerTitle, "Load by layer") X(LoadByLayerSub, "E00 at the top, {0} marked \u00B7 one scale \u00B7 dashed: ideal {1}") \
  X(LoadByLayerSubCapacity, "E00 at the top, {0} marked \u00B7 one scale \u00B7 dashed: ideal {1} \u00B7 solid: capacity {2}") \
  X(LoadByLayerHead, "{0} dropped \u00B7 MaxVio {1}") X(LoadByLayerHeadNoRule, "MaxVio {0}") \
  X(LoadByLayerSays, "{0} is the least even layer, MaxVio {1}; an even router has 0.") \
  /* heat maps */ \
  X(LayersExpertsTitle, "Layers \u00D7 experts") X(TokensExpertsTitle, "Tokens \u00D7 experts") X(ThisToken, "this token") \
  X(PerLayer, "per layer") X(Global, "global") X(Generated, "generated") X(ChosenWord, "chosen") X(DroppedWord, "dropped") \
  X(ChosenInLayers, "{0} in layer {1}") X(LayersExpertsSays, "{0}; by chance an expert is chosen in {1} of {2} layers.") \
  X(TokensExpertsSays, "{0} is chosen by {1} of {2} tokens; an even router would give {3}.") \
  X(MoreChosen, "{0} more") \
  /* lab */ \
  X(RunAlone, "run only") X(ReplayAlone, "new") X(InTheRun, "in the run") X(ChangedAt, "{0} changed at {1}") \
  X(RunChose, "The run itself chose {0}.") \
  X(ReplayHasNoOutputs, "A replay has no outputs.") \
  X(ReplayHasNoOutputsWhy, "Only the choices were decided again, from the recorded logits; nothing was run. The run itself has its ledger.") \
  X(ShowRecorded, "Show the run itself") \
  X(AboutReplay, "The choices are those of {0}, decided again from the recorded logits, and so are the drops; later layers are not run again.") \
  X(OwnPolicy, "own: {0}") X(LabNoRouter, "This model has no router to change.") \
  X(LabNoLogits, "This run holds no router logits, so nothing can be decided again.") \
  X(LabExact, "Exact: the model\u2019s own policy, as it ran.") \
  X(LabSimulated, "Simulated: decided again from the recorded logits.") \
  X(LabCausal, "Causal: no choice depends on a later token.") \
  X(LabNotCausal, "Not causal: later tokens decide. A model that writes one token after the other cannot choose like this.") \
  X(LabSawLater, "{0} of {1} tokens at {2} would choose otherwise if the run had ended with them ({3}).") \
  X(LabSawNone, "At {0} no token would choose otherwise if the run had ended with it.") \
  X(LabSawLong, "Which tokens that are is found for runs of up to {0} tokens.") \
  X(LabOpenLoop, "Open loop: every layer keeps the input it had in the run. What later layers would have seen, and what the model would have said, only a run can tell.") \
  X(LabTryRecorded, "as recorded") X(LabTryKept, "the kept replay") X(LabChance, "by chance") X(LabLeast, "least") X(LabNoCapacity, "no limit") \
  X(PushTitle, "Where the gradient pushes") X(PushBalanceFirst, "balance, first") \
  X(PushBalanceTokens, "balance, per token") X(PushBalanceChoices, "balance, all") X(PushImportance, "importance") \
  X(PushLoad, "smooth load") X(PushZ, "z-loss") X(PushInformation, "mutual information") X(PushWeight, "weight of {0}") \
  X(PushWeightMeans, "How the applied weight of the cursor\u2019s expert changes with each logit: where they would go if the loss wanted more of it.") \
  X(PushOfUniform, "{0}, uniform {1}") X(PushOfLeast, "{0}, least {1}") X(PushWeightIs, "is {0}") \
  X(PushNotChosen, "{0} is not chosen here") X(PushHidden, "Not shown: {0}.") X(PushNone, "There is no gradient here") \
  X(PushSoon, "Working it out") X(PushSoonWhy, "The gradients of this layer are on their way.") \
  X(PushExplains, "Right raises the logit, left lowers it: minus the derivative of the loss, a step of gradient descent.") \
  X(PushSays, "{0}: {1} on {2}.") \
  X(LabColumnPolicy, "Policy") X(LabColumnCapacity, "Capacity") X(LabColumnChanged, "Changed") X(LabColumnDropped, "Dropped") \
  X(LabColumnBalance, "Balance") X(LabColumnZ, "z-loss") X(LabColumnMaxVio, "MaxVio") X(LabColumnUncovered, "No expert") \
  X(LabNames, "{0} \u00B7 {1}") \
  X(EffectTitle, "Effect") X(EffectSub, "of the change, by position") \
  X(EffectNone, "Nothing was changed yet.") \
  X(EffectNoneWhy, "Put a change together and run it, or press the key that bans the expert under the cursor: the run is done again from the first token that is changed.") \
  X(EffectParts, "{0} at token {1} ({2} tokens)") X(EffectParting, "The routing parts in {0}.") X(EffectNeverParts, "The routing parts nowhere.") \
  X(EffectSays, "Most at token {0} \u201C{1}\u201D: KL {2} nats.") \
  X(EffectAtToken, "After token {0}: \u201C{1}\u201D {2} before, \u201C{3}\u201D {4} now.") \
  X(EffectTarget, "Target {0} before, {1} now") X(EffectDistractor, "; distractor {0} before, {1} now") \
  X(EffectKl, "KL") X(EffectSurprisalBefore, "Surprisal before") X(EffectSurprisalAfter, "Surprisal now") \
  X(EffectTopBefore, "Likeliest before") X(EffectTopAfter, "Likeliest now") \
  X(EffectKlHead, "KL, nats (red: another first)") \
  X(EffectSurprisalHead, "surprisal, nats (outlined: before)") \
  X(KnockoutTitle, "Knock-out") X(KnockoutNone, "No expert was silenced yet.") \
  X(KnockoutNoneWhy, "Each expert in turn gets a weight of 0, all others stay as they are, and the prediction after the token is compared with the run\u2019s own.") \
  X(KnockoutSays, "{0} mattered most for what follows token {1} \u201C{2}\u201D: KL {3} nats. An expert at random: {4} [{5}, {6}].") \
  X(KnockoutNobody, "None of these experts was used: nothing changes without them.") \
  X(KnockoutUpToToken, "{0} experts silenced at the token and everywhere before it; {1} of them were not used and change nothing. Engine: {2}.") \
  X(KnockoutAtToken, "{0} experts silenced at the token alone; {1} of them were not used there and change nothing. Engine: {2}.") \
  X(KnockoutStopped, "It was stopped: these are the experts until then.") \
  X(KnockoutUses, "uses") X(KnockoutSurprisal, "surprisal") X(KnockoutPredicted, "p(first)") X(KnockoutRandom, "at random") \
  X(KnockoutLegend, "band: an expert at random, mean {0}, 95 % [{1}, {2}]; blue: past it") X(MoreRows, "{0} more") \
  X(PoliciesTitle, "All policies") X(PoliciesSub, "{0} \u00B7 load of each expert, on one scale \u00B7 press one to choose it") \
  X(PoliciesNone, "Nothing was decided yet.") X(PoliciesNoneWhy, "Every policy that router logits alone decide is tried on the run, one after the other.") \
  X(PolicyNumbers, "{0} changed \u00B7 MaxVio {1}") X(PoliciesLocked, "locked: {0}") \
  X(PoliciesLegend, "* looks ahead \u00B7 tick: the run itself") \
  X(PoliciesSays, "{0} policies; by chance {1} of the choices would change.") \
  X(CloseTitle, "Close calls") X(CloseBf16, "BF16") X(CloseQ8, "Q8_0") \
  X(CloseRounded, "{0} of {1} decisions of the prompt would be others if the router\u2019s weights were rounded to {2}, one layer\u2019s router at a time.") \
  X(CloseBeside, "{0} of {1} decisions at {2} tokens that both texts have are others in the paraphrase.") \
  X(CloseNone, "Nothing was looked for yet.") X(CloseNever, "No decision is that close.") X(CloseStopped, "It was stopped before all was looked at.") \
  X(CloseColumnPlace, "Layer, token") X(CloseColumnBefore, "Chosen") X(CloseColumnAfter, "Would be") X(CloseColumnMargin, "Margin") \
  /* ledger */ \
  X(LedgerTitle, "Ledger") X(LedgerSub, "{0} \u00B7 what made this layer\u2019s output") \
  X(RecordedHatched, "recorded without drops \u00B7 hatched: would be dropped") X(RecordedWithoutDrops, "recorded without drops") \
  X(NormByLayer, "norm written, by layer") X(Norm, "norm") X(OfOutput, "of output") X(PushOn, "push on {0}") \
  X(PushOnWord, "push on") X(PushOnNext, "push on next token") X(Predicted, "predicted") \
  X(ResidualIn, "residual in") X(Residual, "residual") X(Attention, "attention") X(ExpertRouted, "{0} routed") X(Routed, "routed") \
  X(Others, "{0} others") X(Shared, "shared") X(DenseBlock, "dense block") X(Remainder, "remainder") X(Output, "output") \
  X(SharedOf, "Shared {0} of shared + routed norm") X(SharedOfNorms, "Shared {0} of shared + routed norms") X(NoSharedExpert, "This family has no shared expert.") \
  X(RecombinationError, "recombination error {0}") X(RemainderIsBias, "remainder {0} of the output: the block's own bias") X(Wrote, "{0} {1}") \
  X(LedgerSays, "wrote in norm: {0}; residual is {1} of the output.") \
  X(LedgerOverLayersTitle, "Ledger over layers") \
  X(LedgerOverLayersSub, "share of each layer\u2019s output, by projection; sums to 100\u202F%") \
  X(PartShare, "{0} {1}") X(OverLayersSays, "at the last layer {0} of the output.") \
  /* prediction */ \
  X(PredictionTitle, "Prediction") X(AfterToken, "after token {0}") X(ActualNext, "actual next token") \
  X(ActualShort, "actual") X(SurprisalOf, "Surprisal of") X(Entropy, "Entropy") X(BelowTen, ">10") \
  X(PredictionTop, "\u201C{0}\u201D {1}") X(PredictionActual, "; the actual \u201C{0}\u201D is {1}, {2}") \
  X(PredictionEnd, "; entropy {0} nats.") \
  X(Generate, "Generate {0}") X(UntilStop, "Until stop") X(GenerateOne, "Generate 1") X(GenerateTen, "10") \
  /* inspector */ \
  X(InspectorTitle, "Inspector") X(InspectorSub, "token {0} \u00B7 {1} \u00B7 {2}") X(InspectorSubDense, "token {0} \u00B7 {1}") X(CopyTsv, "Copy TSV") \
  X(ColumnQuantity, "Quantity") X(ColumnValueHead, "Value") X(ColumnUnit, "Unit") X(ColumnHook, "Hook") X(ColumnShape, "Shape") \
  X(ColumnMeaning, "Meaning") X(ColumnFormula, "Formula") \
  X(QSelectionScore, "selection score") X(QRankOf, "{0} of {1}") X(QNotChosen, "not chosen") \
  X(QKept, "kept") X(QSlot, "slot") X(QPastCapacity, "\u2265 C") X(QMargin, "margin") X(QRouterEntropy, "router entropy") \
  X(QAttentionLogit, "attention logit") X(QAttentionWeight, "attention weight") X(QAttentionMargin, "attention margin") \
  X(QRoutedNorm, "routed norm") X(QSharedNorm, "shared norm") X(QAttentionNorm, "attention norm") \
  X(QResidualNorm, "residual in norm") X(QDenseNorm, "dense norm") X(QOutputNorm, "output norm") X(QExpertNorm, "expert output norm") \
  X(QExpertShare, "expert share of output") X(QUpdateNorm, "update norm") X(QCosine, "routed against shared") \
  X(QPush, "push on next token") X(QTokenId, "token id") X(QSurprisalOfNext, "surprisal of next") \
  X(QPredictionEntropy, "prediction entropy") X(QQueueLength, "queue length") X(QLoad, "load") X(QCapacity, "capacity") \
  X(QPosition, "position") X(QTopProbability, "top probability") X(QVectorNorm, "norm of {0}") \
  X(UnitChoices, "choices") X(UnitTimesIdeal, "\u00D7 ideal") X(UnitLogits, "logits") X(UnitCosine, "cosine") X(UnitSlots, "slots") X(UnitNorm, "L2 norm") \
  X(InspectorSays, "{0} quantities; {1} {2}.") \
  /* tooltip */ \
  X(TokenTip, "token {0} \u201C{1}\u201D") X(ExpertTip, "{0}, token {1} \u201C{2}\u201D") X(NameValue, "{0}: {1}") \
  X(ChoiceTip, "{0}: {1}, weight {2}") X(ChoiceTipDropped, "{0}: {1}, weight {2}, dropped") X(SlotTooLate, "{0}, too late") \
  /* placement */ \
  X(PlacementTitle, "Placement") X(PlacementCorner, "simulated cost, not measured") \
  X(PlacementSub, "{0} \u00B7 {1} experts on {2} devices, {3}") \
  X(PlacementContiguous, "contiguous") X(PlacementStriped, "striped") X(PlacementGreedy, "greedy by the run\u2019s loads") \
  X(PlacementFromFile, "from {0}") X(PlacementMoreDevices, "no more devices than experts") \
  X(PlacementOtherModel, "This placement is for other experts.") \
  X(PlacementOtherModelWhy, "The file places {0} experts, the model of this run has {1}. Choose a rule or another file.") \
  X(PlacementLoadHead, "choices a device gets") X(PlacementIdeal, "ideal {0}") X(PlacementSlots, "takes {0}") X(PlacementNoSlots, "takes all") \
  X(PlacementDevice, "D{0}") X(PlacementExperts, "Experts") X(PlacementDeviceColumn, "Device") \
  X(PlacementMeasure, "measure") X(PlacementHere, "{0}") X(ByChance, "even router") X(LeastWord, "least") X(ThisLayer, "this layer") \
  X(Straggler, "straggler, max / mean") X(DevicesAToken, "devices a token") X(BytesMoved, "MB moved, there and back") \
  X(BytesAToken, "kB moved a token") X(DeviceDrops, "dropped by devices") X(DeviceTerm, "DeepSeek device term") X(CommunicationTerm, "DeepSeek communication term") \
  X(StragglerCurve, "straggler as the batch grows") X(BytesCurve, "kB a token as the batch grows") X(DropsCurve, "dropped as the batch grows") \
  X(BatchTokens, "tokens") X(BatchColumn, "Batch of") \
  X(PlacementAbout, "{0} values of {1} bytes a token \u00B7 nothing is measured") \
  X(PlacementSays, "the busiest of {0} devices gets {1} times its even share, {2} MB move; an even router would have {3}.") \
  X(PlacementSaysAlone, "the busiest of {0} devices gets {1} times its even share, {2} MB move.") \
  X(PlacementFormulas, "All is computed from the recorded choices, nothing is measured. Load of device d: kept choices whose expert is on d. Straggler: largest load / mean load. Home of token t of a batch of T on n devices: floor(t n / T). Moved: 2 \u00D7 width \u00D7 bytes \u00D7 other devices that tokens are sent to, there and back. A device takes \u2308factor \u00D7 choices / n\u2309 choices. DeepSeek\u2019s terms (V2, equations 23 to 31): sum of f P over devices, with M = min(k, n); where scores are even the device term is 1 and the communication term lies between the fewest devices k experts need, over M, and 1. Even router: k of the experts at random, every choice kept; the bar reaches to what 19 of 20 draws stay below.") \
  /* measures */ \
  X(MeasuresTitle, "Measures") X(MeasuresSub, "{0} \u00B7 {1} tokens \u00B7 beside an even router and the bound") \
  X(MeasureColumn, "measure") X(MeasureValue, "value") X(MeasureBound, "bound") X(MeasureWhat, "what it is") \
  X(MeasureLeast, "\u2265 {0}") X(MeasureMost, "\u2264 {0}") \
  X(MeasureGroupBalance, "Balance") X(MeasureGroupCertainty, "Certainty and information") X(MeasureGroupLoad, "Load") \
  X(MeasureGroupDrops, "Drops") X(MeasureGroupPairs, "Pairs and order") \
  X(MeasuresSubRagged, "{0} \u00B7 {1} tokens with {2} experts in the mean \u00B7 beside an even router that gives each its number, and the bound") \
  X(MeasuresSoon, "working it out\u2026") \
  X(MeasuresAbove, "{0} above") X(MeasuresAboveMore, "{0} above \u00B7 {1} more") \
  X(MeasuresNone, "There is nothing to measure.") \
  X(MeasuresNoneWhy, "The choices of this layer do not fit the experts of its model.") \
  X(MBalanceSwitch, "balance, first choices") X(MBalanceSwitchWhat, "Switch, GShard: E sum f P, f the share of first choices, P the mean score; 1 where scores are even") \
  X(MBalancePerToken, "balance, per token") X(MBalancePerTokenWhat, "transformers, flaxformer: E sum f P, f the choices of an expert a token; k where scores are even") \
  X(MBalancePerChoice, "balance, per choice") X(MBalancePerChoiceWhat, "DeepSeek\u2019s expert term, megablocks: E sum f P, f the share of all choices; 1 where scores are even") \
  X(MBalanceSequence, "balance, sequence") X(MBalanceSequenceWhat, "DeepSeek-V3\u2019s sequence term: as per choice over this run, f counts the k largest scores without the bias; 1 where scores are even") \
  X(MImportance, "importance CV\u00B2") X(MImportanceWhat, "squared variation of the experts\u2019 summed scores (Shazeer, V-MoE)") \
  X(MSmoothLoad, "load CV\u00B2, smooth") X(MSmoothLoadWhat, "squared variation of the chance that noise of deviation 1/E would choose an expert (V-MoE), one draw") \
  X(MZLoss, "router z-loss") X(MZLossWhat, "mean of (ln sum exp logit)\u00B2; an even router with logits 0 has (ln E)\u00B2") \
  X(MRouterEntropy, "entropy of a token, nats") X(MRouterEntropyWhat, "mean entropy of the softmax of a token\u2019s logits; ln E where it is even") \
  X(MMarginalEntropy, "entropy of all, nats") X(MMarginalEntropyWhat, "entropy of the mean softmax; ln E where all experts are used alike") \
  X(MTokenInformation, "mutual information, nats") X(MTokenInformationWhat, "between token and expert: entropy over all tokens minus that of a token") \
  X(MIdInformation, "information of the id") X(MIdInformationWhat, "what a token\u2019s id says of its experts, of the most it could; beside it the same with the tokens shuffled") \
  X(MMarginMedian, "margin, median") X(MMarginMedianWhat, "score of the last choice minus that of the next expert") \
  X(MCloseShare, "margins below 0.01") X(MCloseShareWhat, "share of the tokens that nearly chose another expert") \
  X(MOverIdeal, "busiest load / ideal") X(MOverIdealWhat, "choices of the busiest expert over an even share") \
  X(MMaxViolation, "MaxVio") X(MMaxViolationWhat, "largest load / mean load \u2212 1") \
  X(MVariation, "load CV") X(MVariationWhat, "standard deviation of the loads / mean load") \
  X(MLoadEntropy, "load entropy / ln E") X(MLoadEntropyWhat, "entropy of the loads over ln E; 1 where all experts get the same") \
  X(MUnused, "unused experts") X(MUnusedWhat, "experts that no token chose") \
  X(MDropped, "dropped choices") X(MDroppedWhat, "under the capacity rule that acts; beside it an even router in the same queue") \
  X(MDroppedQuarter, "dropped in quarter {0}") X(MDroppedQuarterWhat, "of the choices of that quarter of the tokens") \
  X(MLeftBehind, "tokens left behind") X(MLeftBehindWhat, "no choice kept: every one dropped, or none made") \
  X(MCoactivation, "co-activation, highest") X(MCoactivationWhat, "over all pairs: how often tokens of one expert also choose the other; experts of at least half the ideal load") \
  X(MRepetition, "first choice repeated") X(MRepetitionWhat, "tokens whose first choice is that of the token before; 1 / E by chance (Mixtral, table 5)") \
  X(MHalvesDistance, "distance of the halves") X(MHalvesDistanceWhat, "Jensen\u2013Shannon distance of the loads in the first and the second half of the run; beside it with the tokens shuffled") \
  X(MeasuresSay, "{0} measures; MaxVio {1}, an even router {2}; balance {3}, even 1.")  \
  /* co-activation */ \
  X(CoactivationTitle, "Co-activation") \
  X(CoactivationSub, "{0} \u00B7 {1} tokens \u00B7 of the tokens of a row\u2019s expert, how many also chose the column\u2019s \u00B7 dropped choices count") \
  X(NoPairs, "No token chose two experts.") \
  X(NoPairsWhy, "Co-activation shows which experts are chosen together. Here a token has one expert at most, so there are no pairs; a replay with k 2 in the routing lab has some.") \
  X(PairOf, "{0} \u2192 {1}") X(PairTokens, "tokens") X(PairTokensOf, "tokens of {0}") X(PairBoth, "tokens with both") \
  X(PairShare, "share") X(PairMean, "share, mean of the pairs") X(PairOverChance, "times the even router") X(PairTimesEven, "\u00D7 even") \
  X(PairHighest, "highest") X(PairHighestValue, "{0} {1} ({2} of {3})") X(PairCounts, "{0} of {1}") \
  X(PairItself, "An expert is no pair with itself.") X(PairNoToken, "No token chose {0}.") \
  X(PairsHead, "Highest shares") X(PairsLegendEven, "even router {0}") X(PairsLegendEnd, "\u2265 {0}") \
  X(PairsLegendBlock, "a cell is {0} \u00D7 {0} experts, the mean of their pairs") X(PairsLegendBlockShort, "cells of {0} \u00D7 {0} experts") \
  X(PairsSay, "the highest share is {0}, {1} of {2} tokens; an even router has {3}; {4} of {5} pairs are never chosen together.") \
  X(PairsSayNever, "{0} of {1} pairs are never chosen together; an even router has {2}.") \
  /* compare */ \
  X(CompareTitle, "Compare") X(PickSecond, "Pick a second run.") \
  X(PickSecondWhy, "Any saved run, this run on another device, or this run with another capacity.") \
  X(ComparingSoon, "Comparing the two runs.") X(ComparingSoonWhy, "Every layer of both is being counted.") X(ChooseRun, "Choose a run") X(CpuAgainstGpu, "CPU against GPU") X(OneRun, "one run") \
  X(OtherModel, "These runs are of different models.") \
  X(OtherModelWhy, "Experts of two models have nothing in common but their number. Texts and predictions can still be compared.") \
  X(TokensCount, "{0} tokens") X(RunA, "A") X(RunB, "B") X(Jump, "Jump") \
  X(FirstParting, "First place where the routing parts: \u201C{0}\u201D, token {1} / {2}, {3}") \
  X(NeverParts, "The routing never parts.") X(NoAligned, "The runs have no token in common.") \
  X(SharedChoicesTitle, "Shared choices") \
  X(SaturationTopK, "choices in common") X(SaturationTop1, "same first choice") X(SaturationSame, "same set of experts") \
  X(SaturationShort, "saturation") X(AgreeFound, "found") X(ByLoads, "by the loads alone") X(ByLoadsShort, "loads alone") \
  X(LoadDistance, "loads, JSD nats") X(LoadDistanceShort, "loads JSD") X(LoadDistanceChance, "loads, tokens dealt anew") X(DealtShort, "by chance") \
  X(SaturationSays, "{0} saturation {1} (even {2}, loads alone {3}), first choice {4} ({5}, {6}), same set {7} ({8}, {9})") \
  X(LoadsSay, "loads JSD {0} nats (dealt anew {1}, \u2264 0.69)") \
  X(SharedChoicesSub, "how many of the {0} chosen experts are the same in A and B; layers downwards, aligned tokens to the right") \
  X(Alike, "{0} alike") X(AlikeColumn, "alike") X(BothTheSame, "both the same") X(AllTheSame, "all the same") X(OneWord, "one") X(SomeWord, "some") \
  X(GapWord, "gap: token only in one run") \
  X(CompareRouterSub, "score at {0} \u00B7 A token {1}, B token {2}") X(BMinusA, "B \u2212 A") \
  X(JensenShannon, "Jensen\u2013Shannon") X(OutlinedRank, "outlined rank: dropped by the simulated capacity") \
  X(ComparePredictionSub, "probability of the next token") X(FilledOutlined, "A filled, B outlined") X(LessThan, "< {0}") \
  X(NoPartner, "This token has no partner in the other run.") \
  X(CompareSays, "Compare: the same experts at {0} of aligned choices in layer {1}; first parting at layer {2}, token {3}.") \
  X(CompareSaysNever, "Compare: the same experts at {0} of aligned choices in layer {1}; the routing never parts.") \
  X(ComparePickSays, "Compare: one run is open; pick a second one.")
// clang-format on
