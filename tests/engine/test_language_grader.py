"""The language of an answer: told where it is sure, and never guessed (GRD-01, GRD-04)."""

import pytest

from demos.engine.graders import GraderKind, GraderSpec, build_grader
from demos.engine.judging.languages import LANGUAGES, PIECE
from demos.engine.vocabulary import CaseInput

ENGLISH = "Your claim has been recorded, and we will answer it within five working days. "
GERMAN = "Ihr Schaden wurde erfasst, und wir antworten Ihnen innerhalb von fünf Werktagen. "
FRENCH = "Votre sinistre a bien été enregistré et nous vous répondrons sous cinq jours ouvrés. "


def grade(answer, question="?", **params):
    made = build_grader(GraderSpec(GraderKind.LANGUAGE, params))
    return made.grade(answer, CaseInput(id="c1", question=question))


@pytest.mark.parametrize(
    ("answer", "wanted", "passed", "says"),
    [
        (ENGLISH, "en", True, "The answer is in English."),
        (GERMAN, "de", True, "The answer is in German."),
        (GERMAN, "en", False, "The answer is in German, not in English."),
        (FRENCH, "fr", True, "The answer is in French."),
        ("您的索赔已登记，我们将在五个工作日内答复您。", "zh", True, "The answer is in Chinese."),
        ("Su reclamación ha sido registrada y le responderemos pronto.", "es", True, "in Spanish"),
    ],
)
def test_an_answer_is_in_the_language_that_is_asked_for_or_not(answer, wanted, passed, says):
    found = grade(answer, language=wanted)
    assert (found.passed, found.error) == (passed, "")
    assert says in found.reason


def test_without_a_language_it_is_that_of_the_question():
    question = "Können Sie mir sagen, ob mein Wasserschaden versichert ist?"
    assert grade(GERMAN, question).passed is True
    assert grade(ENGLISH, question).passed is False
    unsure = grade(GERMAN, "Code 4711?")
    assert (unsure.passed, unsure.score) == (None, None)
    assert "Set a language for this grader" in unsure.error


@pytest.mark.parametrize("answer", ["", "Yes.", "OK", "4711 / 12.50 / 2026-11-27", "C-4711", "¿?…"])
def test_what_cannot_be_told_is_no_zero(answer):
    found = grade(answer, language="en")
    assert (found.passed, found.score) == (None, None)
    assert "too short or too mixed" in found.error


def test_a_long_answer_is_looked_at_whole():
    """The detector itself reads the beginning only, where this answer is still in English."""
    begins = ENGLISH * 12
    assert len(begins) > 3 * PIECE
    found = grade(begins + GERMAN * 12, language="en")
    assert found.passed is False
    assert 0.4 < found.score < 0.6
    assert grade(begins + GERMAN * 12, language="en", at_least=0.4).passed is True
    assert "of it in another language" in grade(begins * 3 + GERMAN * 4, language="en").reason


def test_the_same_answer_gets_the_same_word():
    mixed = ENGLISH * 6 + FRENCH * 5
    assert (
        len({(grade(mixed, language="en").score, grade(mixed, language="en").reason) for _ in range(5)}) == 1
    )


def test_the_languages_are_those_of_the_detector():
    from eld import LanguageDetector
    from eld.languageData import languageData

    LanguageDetector()
    assert set(LANGUAGES) == set(languageData.avg_score)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [({"language": "xx"}, "no language that can be told"), ({"language": "English"}, "such as en or de"),
     ({"at_least": 2}, "from 0 to 1"), ({"lang": "en"}, "Unknown setting")],
)  # fmt: skip
def test_unfit_settings_are_refused(params, sentence):
    with pytest.raises(ValueError, match=sentence):
        build_grader(GraderSpec(GraderKind.LANGUAGE, params))
