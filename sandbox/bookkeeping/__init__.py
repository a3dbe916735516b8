"""What a firm's books record of its life: documents, bank lines and bookings, before any format is given to them."""
