"""The AWS services but DynamoDB: clients, settings, SNS, queues, metrics, logs, the Lambda clock.

May import domain, tracking, polling, messages and alerting.
"""
