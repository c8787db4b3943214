"""Thin Celery doors to the pipeline and to housekeeping."""

from celery import shared_task

from imports import housekeeping, pipeline


@shared_task
def advance() -> None:
    pipeline.advance()


@shared_task
def resume_stalled() -> None:
    housekeeping.resume_stalled()


@shared_task
def find_missing_events() -> None:
    housekeeping.find_missing_events()


@shared_task
def clean_up() -> None:
    housekeeping.clean_up()


@shared_task
def watch_dead_letters() -> None:
    housekeeping.watch_dead_letters()
