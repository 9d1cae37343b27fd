"""Every figure a report can hold: its name, what it means, where the definition comes from.

    CATALOGUE["quote_recall"].definition

One table, so that reports, comparisons and the documentation cannot disagree. It computes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

COVERED = 0.6
"""Share of a gold passage's visible characters that must be cited for it to count as quoted.

A passage is often cited without its lead-in or its last clause; with less than this the point made
is as a rule not there. ``quote_recall_strict`` asks for all of it.
"""

Scope = Literal["answerable", "unanswerable", "any"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure."""

    name: str
    title: str  #: for a table
    definition: str
    origin: str  #: paper, method or library it is taken from; "ours" where it is
    scope: Scope  #: the cases it can be scored on; others are left out, and the count says so
    better: Literal["high", "low", "neither"] = "high"


_ANSWERS = (
    Metric(
        "right_source",
        "Right source cited",
        "At least one of the sources that hold gold is cited.",
        "ours",
        "answerable",
    ),
    Metric(
        "all_sources",
        "Every source cited",
        "Each of the sources that hold gold is cited at least once.",
        "ours",
        "answerable",
    ),
    Metric(
        "source_recall",
        "Source recall",
        "Share of the sources that hold gold that are cited at least once.",
        "recall over sources",
        "answerable",
    ),
    Metric(
        "quote_recall",
        "Needed passages quoted",
        f"Share of gold passages (or one alternative of each) of whose visible characters at least "
        f"{COVERED:.0%} lie in the union of the cited ranges.",
        "recall over gold ranges",
        "answerable",
    ),
    Metric(
        "quote_recall_strict",
        "Needed passages quoted whole",
        "The same, asking for every visible character.",
        "recall over gold ranges",
        "answerable",
    ),
    Metric(
        "citation_precision",
        "Citation precision",
        "Share of an answer's citations that overlap a gold passage or an alternative. "
        "Checker: gold ranges. Scored where the answer cites anything.",
        "ALCE (Gao et al., 2023), with gold ranges in place of an NLI model",
        "answerable",
    ),
    Metric(
        "citation_in_right_source",
        "Citation in the right source",
        "Share of an answer's citations that lie in a source that holds gold.",
        "ours",
        "answerable",
    ),
    Metric(
        "quoted_gold_share",
        "Quoted text that is gold",
        "Share of the cited visible characters that lie in gold or an alternative: what dumping "
        "whole passages costs.",
        "character precision, as in SQuAD's token precision",
        "answerable",
    ),
    Metric(
        "fact_recall",
        "Key facts present",
        "Share of key facts of which an accepted wording stands in the answer (labels of sources "
        "left out) or its quotes, after normalisation (eval.textmatch).",
        "nugget recall (Voorhees, 2003), matched by wording",
        "answerable",
    ),
    Metric(
        "complete",
        "Complete",
        "Answered; every gold passage quoted; every key fact present; no forbidden wording, no "
        "attribution error, every quote exact.",
        "ours",
        "answerable",
    ),
    Metric(
        "fully_right",
        "Fully right",
        "Complete, and citation precision is 1: nothing beside the point is cited.",
        "ours",
        "answerable",
    ),
    Metric(
        "false_refusal",
        "Answerable refused",
        "The question is answerable, and the answer is not_in_sources or refused.",
        "selective classification",
        "answerable",
        "low",
    ),
    Metric(
        "refusal_recall",
        "Unanswerable refused",
        "The library does not answer, and the answer says so (not_in_sources or refused).",
        "selective classification",
        "unanswerable",
    ),
    Metric(
        "citation_recall",
        "Citation recall",
        "Share of the answer's sentences that their citations support. Checker: verbatim (a cited "
        "quote stands in the sentence, or the sentence in its quotes).",
        "ALCE (Gao et al., 2023), with a verbatim check in place of an NLI model",
        "any",
    ),
    Metric(
        "sentence_supported",
        "Sentences supported",
        "Share of an answer's sentences that are quotes, or that the product's own verifier found"
        " supported by their quotes (ragbot/verify.py); the rest were shown and marked.",
        "ours",
        "any",
    ),
    Metric(
        "model_written",
        "Written by the model",
        "1 where the language model wrote the answer, 0 where exact quotes took its place; only for"
        " questions on which the model was asked.",
        "ours",
        "any",
        "neither",
    ),
    Metric(
        "quote_exact",
        "Every quote exact",
        "Share of quotes shown (citations and nearest passages) that equal text[start:end].",
        "ours",
        "any",
    ),
    Metric(
        "forbidden_claim",
        "Forbidden claim made",
        "An answered question's sentences, labels of sources left out, hold a wording that the "
        "case forbids (whole words). Scored where the case forbids something.",
        "ours",
        "any",
        "low",
    ),
    Metric(
        "attribution_error",
        "Comment passed off",
        "A sentence cites a reader's comment without saying that it is one, or names the "
        "publisher as the speaker of it. Scored on answered questions.",
        "ours",
        "any",
        "low",
    ),
    Metric(
        "words",
        "Words in the answer",
        "Words of an answered question's sentences.",
        "ours",
        "any",
        "neither",
    ),
)

_PASSAGES = tuple(
    Metric(
        name,
        title,
        f"{what} over the gold passages, each found at the rank at which the union of the passages "
        f"so far covers {COVERED:.0%} of it. Computed by ir_measures.",
        origin,
        "answerable",
    )
    for name, title, what, origin in (
        ("passage_recall_5", "Passage recall@5", "Recall within the first 5 passages", "trec_eval"),
        ("passage_recall_20", "Passage recall@20", "Recall within the first 20", "trec_eval"),
        ("passage_rr", "Passage MRR", "Reciprocal rank of the first", "trec_eval recip_rank"),
        (
            "passage_ndcg_10",
            "Passage nDCG@10",
            "Normalised discounted gain of the first 10 passages",
            "Järvelin & Kekäläinen (2002)",
        ),
    )
)

_JUDGED = (
    Metric(
        "judge_nuggets",
        "Judge: nugget support",
        "Share of key facts that a language model finds supported by the answer. The judge is "
        "named in the manifest; see its agreement with the rule-based scores.",
        "AutoNuggetizer (Pradeep et al., 2025)",
        "answerable",
    ),
    Metric(
        "judge_grounded",
        "Judge: groundedness",
        "Share of the answer's sentences that a language model finds supported by their quotes.",
        "RAGAS faithfulness (Es et al., 2023)",
        "any",
    ),
)

#: figures of a set of questions, not means over them
SETS = (
    Metric(
        "citation_precision_pooled",
        "Citation precision, pooled",
        "Citations that overlap gold, over all citations of answered answerable questions.",
        "micro-average",
        "answerable",
    ),
    Metric(
        "in_right_source_pooled",
        "Citations in the right source, pooled",
        "Citations in a source that holds gold, over all citations of answerable questions.",
        "micro-average",
        "answerable",
    ),
    Metric(
        "auroc",
        "AUROC, answerable or not",
        "Probability that an answerable question has a higher support number than an unanswerable "
        "one (ties count half). Scored on answers that carry the number.",
        "Mann–Whitney U; Hanley & McNeil (1982)",
        "any",
    ),
    Metric(
        "refusal_recall_at_3",
        "Unanswerable refused at 3% false refusals",
        "With the threshold on the support number that refuses at most 3% of answerable questions.",
        "operating point of the ROC curve",
        "any",
    ),
    Metric(
        "aurc",
        "AURC",
        "Area under the risk–coverage curve: answered questions by falling support number; risk is "
        "the mean of 1 − needed passages quoted (1 for an unanswerable question).",
        "Geifman, Uziel & El-Yaniv (2019)",
        "any",
        "low",
    ),
)

PER_CASE = (*_ANSWERS, *_PASSAGES, *_JUDGED)
CATALOGUE = {metric.name: metric for metric in (*PER_CASE, *SETS)}
