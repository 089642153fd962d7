"""What the documents say alike of exports and imports."""

from __future__ import annotations

import re

FORMATS = {
    "adminUser": ["json", "csv"],
    "category": ["json", "csv"],
    "customerAccount": ["json", "csv"],
    "dataFeed": ["json", "csv"],
    "dataFeedTemplate": ["json", "csv"],
    "inquiry": ["json", "csv", "xml"],
    "inventory": ["json", "csv"],
    "order": ["json", "xml"],
    "newsletterSubscriber": ["json", "csv"],
    "product": ["json", "csv"],
    "productRating": ["json", "csv"],
    "seoViews": ["json", "csv"],
    "transaction": ["json", "csv"],
    "voucher": ["json", "csv"],
    "voucherPreset": ["json", "csv"],
    "voucherTemplate": ["json", "csv"],
}
"""The file formats of each service. Transactions are exported alone."""

OPERATIONS = [
    ("GET", "status", "STATUS"),
    ("POST", "start", "START"),
    ("POST", "pause", "PAUSE"),
    ("POST", "resume", "RESUME"),
    ("DELETE", "cancel", "CANCEL"),
]
"""Method, verb of the path, and how the rules are called."""

JOB_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
