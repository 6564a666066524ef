"""Audits of whole models."""
