"""Tables of human judgement."""

from assessments.models.answers import Answer, AnswerStep, Assessment, SectionAssignment
from assessments.models.framework import Framework, FrameworkVersion, QuestionVersion
from assessments.models.pain_point import CostComponent, PainPoint
from assessments.models.risks import Risk

__all__ = [
    "Answer",
    "AnswerStep",
    "Assessment",
    "CostComponent",
    "Framework",
    "FrameworkVersion",
    "PainPoint",
    "QuestionVersion",
    "Risk",
    "SectionAssignment",
]
