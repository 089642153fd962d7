"""Make the documentation: reference pages from the specifications and the options, and a site from all pages."""
