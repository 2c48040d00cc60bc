"""Tables of human judgement."""

from assessments.models.actions import ActionItem
from assessments.models.answers import Answer, AnswerStep, Assessment, SectionAssignment
from assessments.models.framework import Framework, FrameworkVersion, QuestionVersion
from assessments.models.pain_point import CostComponent, PainPoint
from assessments.models.process_map import ProcessStep
from assessments.models.risks import Risk
from assessments.models.value_case import Benefit, ValueCase

__all__ = [
    "ActionItem",
    "Answer",
    "AnswerStep",
    "Assessment",
    "Benefit",
    "CostComponent",
    "Framework",
    "FrameworkVersion",
    "PainPoint",
    "ProcessStep",
    "QuestionVersion",
    "Risk",
    "SectionAssignment",
    "ValueCase",
]
