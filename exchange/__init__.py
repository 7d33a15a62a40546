"""The exchange: a port that the activities speak to, and Binance USD-M behind it."""
