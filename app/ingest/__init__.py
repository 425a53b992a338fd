"""Ingestion: raw text comes in, is cleaned, and becomes an article or a new version of one."""
