"""The settings pages, where people manage API keys.

* ``views``: one class-based view for each page.
* ``base``: what these views have in common: who may open a page, and how a form fails.
* ``drafts``: what was typed into a form, kept until its user has signed in again.
* ``csrf``: the CSRF check.
* ``forms``: the forms that create, rename and revoke a key.
* ``reauthentication``: the base of the forms that may ask for the user's password.
* ``section``: the keys of one owner and the URLs of their pages.
* ``listing``: the table of keys, with its search, filter, order and pagination.
* ``dates``: dates and times as the pages show them.
* ``notices``: what has just happened to a key, told once beside its row.
* ``history``: the events of a key's life.
* ``panels``: what other apps add to the pages.
* ``list_form``: the query string of that table.
* ``csv_export``: the same table as a file.
"""
