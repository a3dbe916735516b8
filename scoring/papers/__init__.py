"""What is printed: notices and memos, as HTML, PDF and Excel. The same words give the same bytes."""
