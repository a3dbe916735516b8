"""Works on jobs: takes them from the queue, decides, and ends them."""
