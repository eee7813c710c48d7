package lone
