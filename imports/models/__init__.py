"""The models: uploads and everything recorded about them. One file per model."""

from imports.models.action import Action
from imports.models.alarm import Alarm
from imports.models.approval import Approval
from imports.models.category_request import CategoryRequest
from imports.models.claimed_key import ClaimedKey
from imports.models.correction import CorrectionDraft
from imports.models.delivery import Delivery
from imports.models.digest import Digest, DigestRun
from imports.models.error_counts import ErrorCounts
from imports.models.held_upload import HeldUpload
from imports.models.invitation import Invitation
from imports.models.mapping import ColumnMapping, FileSample, HeaderMemory, ValueMap
from imports.models.notification import Notification
from imports.models.outbox_file import OutboxFile
from imports.models.person_mail import PersonMail
from imports.models.planned_change import PlannedChange
from imports.models.row_error import RowError, RowErrorQuerySet
from imports.models.schedule import Schedule
from imports.models.upload import Upload, UploadQuerySet
from imports.models.vendor_notice import VendorNotice
from imports.models.vendor_quality import VendorQuality
from imports.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Action",
    "Alarm",
    "Approval",
    "CategoryRequest",
    "ClaimedKey",
    "ColumnMapping",
    "CorrectionDraft",
    "Delivery",
    "Digest",
    "DigestRun",
    "ErrorCounts",
    "FileSample",
    "HeaderMemory",
    "HeldUpload",
    "Invitation",
    "Notification",
    "OutboxFile",
    "PersonMail",
    "PlannedChange",
    "RowError",
    "RowErrorQuerySet",
    "Schedule",
    "Upload",
    "UploadQuerySet",
    "ValueMap",
    "VendorNotice",
    "VendorQuality",
    "WebhookDelivery",
    "WebhookEndpoint",
]
